import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProxyError } from '../src/errors.ts';
import { HeadReader } from '../src/http/head-reader.ts';

const HEADS = [
  'GET / HTTP/1.1\r\nHost: a\r\n',
  'GET / HTTP/1.1\r\nHost: ab\r\n',
  'GET /1 HTTP/1.1\r\nHost: a\r\n',
  '\r\nX y\r\n',
];

/** What a reader makes of these bytes, when they come in parts that end at these places. */
function readAll(bytes: Buffer, cuts: readonly number[]): readonly string[] {
  const reader = new HeadReader();
  const texts: string[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    // As in the proxy: each part lies in the same memory, which the next one overwrites.
    const part = Buffer.from(bytes.subarray(start, end));
    for (let at = 0; at < part.length; ) {
      const stop = reader.read(part, at, part.length);
      if (stop < 0) break;
      texts.push(reader.text);
      at = stop;
    }
    part.fill(0);
    start = end;
  }
  return texts;
}

test('heads that come again, one like another, or in parts, are read as if each were the first', () => {
  const heads = fc.array(fc.constantFrom(...HEADS), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(heads, fc.array(fc.nat(2_000), { maxLength: 6 }), (sent, cuts) => {
      const bytes = Buffer.from(sent.map((head) => `${head}\r\n`).join(''), 'latin1');
      assert.deepEqual(readAll(bytes, cuts), sent);
    }),
  );
});

test('a head that begins as the ones before and never ends is refused all the same', () => {
  const reader = new HeadReader();
  const head = Buffer.from(`${HEADS[0]}\r\n`);
  for (let count = 0; count < 3; count++) assert.equal(reader.read(head, 0, head.length), head.length);
  assert.throws(() => reader.read(Buffer.from(`${HEADS[0]}X: 1\n\n`), 0, 35), ProxyError);
});

test('a head that is as long as the one before, and comes alone as that did, is not taken for it', () => {
  const reader = new HeadReader();
  for (const path of ['/1', '/1', '/1', '/2', '/1', '/2', '/2', '/2', '/1']) {
    const head = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    assert.equal(reader.read(head, 0, head.length), head.length);
    assert.equal(reader.text, head.toString('latin1').slice(0, -2));
  }
});
