import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodedBound, decodeHuffman, encodeHuffman, huffmanLength } from '../../src/http2/huffman.ts';
import { CODE_LENGTHS, CODES, EOS } from '../../src/http2/huffman-code.ts';

function encoded(text: string): Buffer {
  const bytes = Buffer.alloc(huffmanLength(text) + 1, 0xaa);
  const end = encodeHuffman(text, bytes, 0);
  assert.equal(end, huffmanLength(text));
  return bytes.subarray(0, end);
}

function decoded(bytes: Buffer): string | undefined {
  const into = Buffer.alloc(decodedBound(bytes.length));
  const length = decodeHuffman(bytes, 0, bytes.length, into);
  return length < 0 ? undefined : into.toString('latin1', 0, length);
}

test('the code is the one of RFC 7541, appendix B', () => {
  // The first and last of each of its corners.
  const rows = [
    ['0', 0x0, 5],
    ['t', 0x9, 5],
    [' ', 0x14, 6],
    ['u', 0x2d, 6],
    [':', 0x5c, 7],
    ['z', 0x7b, 7],
    ['&', 0xf8, 8],
    ['Z', 0xfd, 8],
    ['!', 0x3f8, 10],
    ['\\', 0x7fff0, 19],
    ['\x00', 0x1ff8, 13],
    ['\xff', 0x3ffffee, 26],
    ['\n', 0x3ffffffc, 30],
    ['\x16', 0x3ffffffe, 30],
  ] as const;
  for (const [symbol, code, length] of rows) {
    assert.deepEqual([CODES[symbol.charCodeAt(0)], CODE_LENGTHS[symbol.charCodeAt(0)]], [code, length], symbol);
  }
  assert.deepEqual([CODES[EOS], CODE_LENGTHS[EOS]], [0x3fffffff, 30]);
  // Nothing of the tree is left over.
  assert.equal(
    CODE_LENGTHS.reduce((sum, length) => sum + 2 ** -length, 0),
    1,
  );
});

test('what is encoded is decoded to the same text', () => {
  const text = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(text, (one) => assert.equal(decoded(encoded(one)), one)),
    { numRuns: 1_000 },
  );
});

test('bytes are either the code of a text, and no other bytes are, or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const text = decoded(Buffer.from(bytes));
      if (text !== undefined) assert.deepEqual(encoded(text), Buffer.from(bytes));
    }),
    { numRuns: 5_000 },
  );
});

test('a text ends in less than eight ones', () => {
  for (let bytes = 1; bytes <= 5; bytes++) assert.equal(decoded(Buffer.alloc(bytes, 0xff)), undefined);
  assert.equal(decoded(Buffer.from([0x1f])), 'a');
  assert.equal(decoded(Buffer.from([0x1f, 0xff])), undefined);
});
