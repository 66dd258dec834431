import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProxyError } from '../src/errors.ts';
import { type Field, FieldsParser, parseFields } from '../src/http/fields.ts';
import { RequestHeadParser } from '../src/http/request-head.ts';

const LINES = [
  'Host: a',
  'Host: ab',
  'host:a',
  'X: 1',
  'X: 1 ',
  'X: 1\rY: 2',
  'Y : 2',
  'Connection: close',
  'A: \x7f',
  '',
];

/** What is read of a block, or how it is refused. */
function outcome(read: () => readonly Field[]): readonly Field[] | string {
  try {
    return read();
  } catch (thrown) {
    assert.ok(thrown instanceof ProxyError);
    return `${thrown.code} ${thrown.message}`;
  }
}

test('a block is read as it would be alone, whatever blocks came before it', () => {
  const block = fc
    .array(fc.constantFrom(...LINES), { maxLength: 6 })
    .map((lines) => lines.map((line) => `${line}\r\n`).join(''));
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 10 }), (blocks) => {
      const parser = new FieldsParser();
      for (const one of blocks)
        assert.deepEqual(
          outcome(() => parser.parse(one)),
          outcome(() => parseFields(one)),
        );
    }),
    { numRuns: 500 },
  );
});

test('the meaning of a head does not depend on the heads before it, where a line of it has changed', () => {
  const headOf = (id: number) =>
    `GET /${id} HTTP/1.1\r\nHost: a\r\nX-Trace: ${id}\r\nConnection: close, x-own\r\nX-Own: 1\r\nA: b\r\n`;
  const parser = new RequestHeadParser();
  for (let id = 0; id < 5; id++) assert.deepEqual(parser.parse(headOf(id)), new RequestHeadParser().parse(headOf(id)));
  assert.equal(parser.parse(headOf(9)).fields.passed, 'X-Trace: 9\r\nA: b\r\n');
});
