import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../src/http2/hpack-encoder.ts';
import { Http2Error } from '../../src/http2/http2-error.ts';

const LIMITS = { tableBytes: 4_096, listBytes: 2 ** 20, fields: 1_000 };

/** An encoder and the decoder that it speaks to. */
function pair() {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder(LIMITS);
  return {
    encoder,
    /** What is sent, copied. */
    sent: (raw: readonly string[]) => Buffer.from(encoder.encode(raw)),
    /** What arrives of it. */
    passed: (raw: readonly string[]) => {
      const block = encoder.encode(raw);
      return decoder.decode(block, 0, block.length);
    },
  };
}

const GET = [':method', 'GET', ':scheme', 'http', ':path', '/orders/17', ':authority', 'orders', 'accept', '*/*'];

test('a request that is repeated shrinks to a byte a field', () => {
  const { passed, sent } = pair();
  for (let time = 0; time < 3; time++) assert.deepEqual(passed(GET), GET);
  assert.equal(sent(GET).length, GET.length / 2);
});

test('a value that differs each time does not take the place of what is repeated', () => {
  const { passed, sent } = pair();
  const request = (id: number) => [...GET, 'x-request-id', `id-${id}`, 'traceparent', `00-${id}`, 'x-own', `${id}`];
  for (let id = 0; id < 500; id++) assert.deepEqual(passed(request(id)), request(id));
  // A byte for each of the five that are repeated; of the others, three for name and length, and the value.
  assert.equal(sent(request(500)).length, 5 + (3 + 6) + (3 + 6) + (3 + 3));
});

test('a value goes into the table when it is said a second time', () => {
  const { sent, passed } = pair();
  const list = ['accept-language', 'en-US,en;q=0.9'];
  assert.equal(sent(list)[0]! >> 4, 0);
  assert.equal(sent(list)[0]! >> 6, 1);
  assert.equal(sent(list).length, 1);
  assert.throws(() => passed(list), 'this decoder has not seen the first ones');
});

test('what says the same all day goes into the table at once, unless it is a boundary', () => {
  const { sent } = pair();
  for (const list of [
    ['content-type', 'application/json'],
    ['cache-control', 'no-store'],
    ['server', 'islet'],
    [':authority', 'orders'],
  ]) {
    assert.equal(sent(list)[0]! >> 6, 1);
    assert.equal(sent(list).length, 1);
  }
  const form = (nth: number) => ['content-type', `multipart/form-data; boundary=${String(nth).repeat(32)}`];
  for (let nth = 0; nth < 9; nth++) assert.equal(sent(form(nth))[0]! >> 4, 0);
  assert.equal(sent(['server', 'islet']).length, 1);
});

test('a date goes into the table where a second has more than one message, and stays out where it has one', () => {
  const { sent } = pair();
  const at = (second: number) => ['date', new Date(second * 1_000).toUTCString()];
  for (let second = 0; second < 5; second++) assert.equal(sent(at(second))[0]! >> 4, 0);
  for (let second = 5; second < 9; second++) {
    assert.equal(sent(at(second))[0]! >> 4, 0);
    assert.equal(sent(at(second))[0]! >> 6, 1);
    assert.equal(sent(at(second)).length, 1);
  }
});

test('what no table should hold is written out, never to be indexed', () => {
  for (const name of ['authorization', 'proxy-authorization', 'cookie', 'set-cookie']) {
    const { sent } = pair();
    for (let time = 0; time < 4; time++) assert.equal(sent([name, 'secret'])[0]! >> 4, 1, name);
  }
});

test('a name that any peer has marked as never to be indexed is not indexed towards another', () => {
  const { sent } = pair();
  const marked = Buffer.concat([Buffer.from([0x10, 9]), Buffer.from('x-api-key'), Buffer.from([1, 0x61])]);
  assert.deepEqual(new HpackDecoder(LIMITS).decode(marked, 0, marked.length), ['x-api-key', 'a']);
  for (let time = 0; time < 3; time++) assert.equal(sent(['x-api-key', 'a'])[0]! >> 4, 1);
});

test('a smaller table is told with the next block, with the smallest that it was', () => {
  const { encoder, sent } = pair();
  sent(['a', 'b']);
  encoder.setTableBytes(100);
  encoder.setTableBytes(0);
  encoder.setTableBytes(50);
  assert.deepEqual([...sent([':method', 'GET'])], [0x20, 0x3f, 50 - 31, 0x82]);
  assert.deepEqual([...sent([':method', 'GET'])], [0x82]);
  // It takes no more than the default, however much it is offered.
  encoder.setTableBytes(2 ** 31);
  assert.deepEqual([...sent([])], [0x3f, 0xe1, 0x1f]);
});

test('a text that is not latin1 is refused, and what follows is understood', () => {
  for (const bad of [
    ['x-new', 'value', 'x-other', '\u010a'],
    ['x-new', 'value', '\u010a', 'x'],
    ['x-new', 'value', 'cookie', '\ud83d\ude00'],
  ]) {
    const { encoder, passed } = pair();
    const list = ['x-new', 'value', 'x-other', 'a'];
    assert.deepEqual(passed(GET), GET);
    assert.throws(
      () => encoder.encode(bad),
      (thrown) => thrown instanceof Http2Error && thrown.code === 'internal',
    );
    for (let time = 0; time < 3; time++) assert.deepEqual(passed(list), list);
    assert.deepEqual(passed(GET), GET);
  }
});

test('a text too long for any buffer passes', () => {
  const { passed } = pair();
  const list = ['x-long', 'x'.repeat(100_000), `x-${'n'.repeat(20_000)}`, 'a'];
  for (let time = 0; time < 2; time++) assert.deepEqual(passed(list), list);
});

/** Few names and values, so that they are repeated, and some that are not. */
const NAME = fc.constantFrom(
  ':path',
  ':status',
  'cookie',
  'content-type',
  'date',
  'x-a',
  'x-b',
  'x-c',
  'x-request-id',
  'etag',
);
const VALUE = fc.oneof(
  fc.constantFrom('', '/', '200', 'a', 'application/grpc', 'x'.repeat(300)),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
);
const LIST = fc.array(fc.tuple(NAME, VALUE), { maxLength: 12 }).map((fields) => fields.flat());

test('whatever is said, and however the table changes, it is understood', () => {
  const turn = fc.record({ list: LIST, repeat: fc.nat(3), tableBytes: fc.option(fc.nat(600), { freq: 5 }) });
  fc.assert(
    fc.property(fc.array(turn, { minLength: 1, maxLength: 30 }), (turns) => {
      const { encoder, passed } = pair();
      for (const { list, repeat, tableBytes } of turns) {
        if (tableBytes !== null) encoder.setTableBytes(tableBytes);
        for (let time = 0; time <= repeat; time++) assert.deepEqual(passed(list), list);
      }
    }),
    { numRuns: 500 },
  );
});
