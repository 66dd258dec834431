import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProxyError } from '../src/errors.ts';
import { CommonHeads } from '../src/http/common-heads.ts';
import { HeadReader } from '../src/http/head-reader.ts';

const asIs = (text: string): string => text;
const commonHeads = () => new CommonHeads<string>({ isSecret: (text) => text.includes('secret') });

const HEADS = [
  'GET / HTTP/1.1\r\nHost: a\r\n',
  'GET / HTTP/1.1\r\nHost: ab\r\n',
  'GET /1 HTTP/1.1\r\nHost: a\r\n',
  '\r\nX y\r\n',
];

/** What a reader makes of these bytes, when they come in parts that end at these places. */
function readAll(bytes: Buffer, cuts: readonly number[], common = commonHeads()): readonly string[] {
  const reader = new HeadReader(asIs, common);
  const texts: string[] = [];
  const ends = [...new Set(cuts.map((cut) => cut % bytes.length)), bytes.length].toSorted((a, b) => a - b);
  let start = 0;
  for (const end of ends) {
    // As in the proxy: each part lies in the same memory, which the next one overwrites.
    const part = Buffer.from(bytes.subarray(start, end));
    for (let at = 0; at < part.length; ) {
      const read = reader.read(part, at, part.length);
      if (read === undefined) break;
      texts.push(read.head);
      at += read.length;
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
  const reader = new HeadReader(asIs, commonHeads());
  const head = Buffer.from(`${HEADS[0]}\r\n`);
  for (let count = 0; count < 3; count++) assert.equal(reader.read(head, 0, head.length)?.length, head.length);
  assert.throws(() => reader.read(Buffer.from(`${HEADS[0]}X: 1\n\n`), 0, 35), ProxyError);
});

test('a head that is as long as the one before, and comes alone as that did, is not taken for it', () => {
  const reader = new HeadReader(asIs, commonHeads());
  for (const path of ['/1', '/1', '/1', '/2', '/1', '/2', '/2', '/2', '/1']) {
    const head = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
    const read = reader.read(head, 0, head.length);
    assert.deepEqual([read?.length, read?.head], [head.length, head.toString('latin1').slice(0, -2)]);
  }
});

test('what one connection has read changes nothing of what another reads', () => {
  const heads = fc.array(fc.constantFrom(...HEADS), { minLength: 1, maxLength: 6 });
  const connections = fc.array(fc.tuple(heads, fc.array(fc.nat(500), { maxLength: 3 })), {
    minLength: 2,
    maxLength: 8,
  });
  fc.assert(
    fc.property(connections, (all) => {
      const common = commonHeads();
      for (const [sent, cuts] of all) {
        const bytes = Buffer.from(sent.map((head) => `${head}\r\n`).join(''), 'latin1');
        assert.deepEqual(readAll(bytes, cuts, common), sent);
      }
    }),
  );
});

/** How often a head was parsed that came three times on each of two connections. */
function parsesOf(head: string): number {
  const common = commonHeads();
  let count = 0;
  const parse = (text: string) => {
    count++;
    return text;
  };
  for (const reader of [new HeadReader(parse, common), new HeadReader(parse, common)]) {
    const bytes = Buffer.from(`${head}\r\n`);
    for (let times = 0; times < 3; times++) assert.equal(reader.read(bytes, 0, bytes.length)?.head, head);
  }
  return count;
}

test('a head that many connections bring is parsed once, but not one with a secret, nor a large one', () => {
  assert.equal(parsesOf('GET / HTTP/1.1\r\nHost: a\r\n'), 1);
  assert.equal(parsesOf('GET / HTTP/1.1\r\nHost: a\r\nX: secret\r\n'), 2);
  assert.equal(parsesOf(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(5_000)}\r\n`), 2);
});

test('a head that only begins as a common one, of the same length, is itself', () => {
  const common = commonHeads();
  const [known, like] = ['GET /1 HTTP/1.1\r\nHost: a\r\n\r\n', 'GET /2 HTTP/1.1\r\nHost: a\r\n\r\n'].map((text) =>
    Buffer.from(text),
  );
  assert.ok(known !== undefined && like !== undefined);
  const first = new HeadReader(asIs, common);
  for (let times = 0; times < 2; times++) first.read(known, 0, known.length);
  assert.equal(new HeadReader(asIs, common).read(like, 0, like.length)?.head, like.toString().slice(0, -2));
  const both = Buffer.concat([like, known]);
  const read = new HeadReader(asIs, common).read(both, like.length, both.length);
  assert.deepEqual([read?.length, read?.head], [known.length, known.toString().slice(0, -2)]);
});
