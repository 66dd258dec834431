import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder } from '../../src/http2/hpack-decoder.ts';
import { Http2Error } from '../../src/http2/http2-error.ts';

const LIMITS = { tableBytes: 4_096, listBytes: 16_384, fields: 100 };

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

function decode(decoder: HpackDecoder, block: Buffer): readonly string[] | 'too-large' {
  return decoder.decode(block, 0, block.length);
}

const FIRST = [':method', 'GET', ':scheme', 'http', ':path', '/', ':authority', 'www.example.com'];
const REQUESTS = [
  FIRST,
  [...FIRST, 'cache-control', 'no-cache'],
  [
    ...[':method', 'GET', ':scheme', 'https', ':path', '/index.html', ':authority', 'www.example.com'],
    ...['custom-key', 'custom-value'],
  ],
];

const DATE = 'Mon, 21 Oct 2013 20:13:21 GMT';
const LATER = 'Mon, 21 Oct 2013 20:13:22 GMT';
const PLACE = ['location', 'https://www.example.com'];
const COOKIE = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const RESPONSES = [
  [':status', '302', 'cache-control', 'private', 'date', DATE, ...PLACE],
  [':status', '307', 'cache-control', 'private', 'date', DATE, ...PLACE],
  [
    ...[':status', '200', 'cache-control', 'private', 'date', LATER, ...PLACE],
    ...['content-encoding', 'gzip', 'set-cookie', COOKIE],
  ],
];

/** RFC 7541, appendix C. */
const EXAMPLES = [
  {
    name: 'C.2.1, a literal with indexing',
    blocks: ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572'],
    lists: [['custom-key', 'custom-header']],
  },
  {
    name: 'C.2.2, a literal without indexing',
    blocks: ['040c 2f73 616d 706c 652f 7061 7468'],
    lists: [[':path', '/sample/path']],
  },
  {
    name: 'C.2.3, a literal that is never indexed',
    blocks: ['1008 7061 7373 776f 7264 0673 6563 7265 74'],
    lists: [['password', 'secret']],
  },
  { name: 'C.2.4, an indexed field', blocks: ['82'], lists: [[':method', 'GET']] },
  {
    name: 'C.3, requests without Huffman coding',
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    lists: REQUESTS,
  },
  {
    name: 'C.4, requests with Huffman coding',
    blocks: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    lists: REQUESTS,
  },
  {
    name: 'C.5, responses without Huffman coding, that evict',
    tableBytes: 256,
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133
       2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970
       7738 666f 6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178
       2d61 6765 3d33 3630 303b 2076 6572 7369 6f6e 3d31`,
    ],
    lists: RESPONSES,
  },
  {
    name: 'C.6, responses with Huffman coding, that evict',
    tableBytes: 256,
    blocks: [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6
       2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2
       e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    lists: RESPONSES,
  },
];

for (const { name, blocks, lists, tableBytes = LIMITS.tableBytes } of EXAMPLES) {
  test(`reads RFC 7541, ${name}`, () => {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes });
    assert.deepEqual(
      blocks.map((block) => decode(decoder, bytes(block))),
      lists,
    );
  });
}

const MALFORMED = [
  { name: 'a reference to number 0', block: '80' },
  { name: 'a reference beyond the static table, where the dynamic one is empty', block: 'be' },
  { name: 'a name beyond the tables', block: '7f00 0161' },
  { name: 'a name beyond the tables, of a literal without indexing', block: '0f2f 0161' },
  { name: 'a reference that goes on beyond the block', block: 'ff' },
  { name: 'a number with more octets than any needs', block: 'ff80 8080 8080 00' },
  { name: 'a number that overflows', block: 'ffff ffff ffff ffff ffff 0f' },
  { name: 'a length that overflows', block: '007f ffff ffff ff0f' },
  { name: 'a literal without its name', block: '40' },
  { name: 'a literal without its value', block: '0001 61' },
  { name: 'a name that reaches beyond the block', block: '0005 6162' },
  { name: 'a value that reaches beyond the block', block: '0001 6103 62' },
  { name: 'a Huffman string that reaches beyond the block', block: '0001 6183 1f' },
  { name: 'padding of eight bits', block: '0001 6182 1fff' },
  { name: 'padding alone, of eight bits', block: '0001 6181 ff' },
  { name: 'padding that is not all ones', block: '0001 6181 18' },
  { name: 'padding of zeros', block: '0001 6181 00' },
  { name: 'EOS in a string', block: '0001 6184 ffff ffff' },
  { name: 'EOS in a string that goes on', block: '0001 6186 1fff ffff ff1f' },
  { name: 'a size of the table beyond what was agreed', block: '3fe2 1f' },
  { name: 'a size of the table that overflows', block: '3fff ffff ffff 0f' },
  { name: 'a size of the table after a field', block: '8220' },
  { name: 'a size of the table at the end of a block of many', block: '2082 8420' },
] as const;

for (const { name, block } of MALFORMED) {
  test(`refuses ${name}`, () => {
    const decoder = new HpackDecoder(LIMITS);
    assert.throws(
      () => decode(decoder, bytes(block)),
      (thrown) => thrown instanceof Http2Error && thrown.code === 'compression',
    );
  });
}

test('refuses every block that is cut in the midst of a field', () => {
  const whole = bytes(EXAMPLES[7]?.blocks[2] ?? '');
  const before = EXAMPLES[7]!.blocks.slice(0, 2);
  let refused = 0;
  for (let length = 0; length < whole.length; length++) {
    const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 256 });
    for (const block of before) decode(decoder, bytes(block));
    try {
      const list = decode(decoder, whole.subarray(0, length));
      assert.deepEqual(list, RESPONSES[2]!.slice(0, list.length));
    } catch (thrown) {
      assert.ok(thrown instanceof Http2Error && thrown.code === 'compression', String(thrown));
      refused++;
    }
  }
  // It is whole after none of its fields, and after each of the first five.
  assert.equal(refused, whole.length - 6);
});

test('takes new sizes of the table before the first field, and forgets what has no room then', () => {
  const decoder = new HpackDecoder(LIMITS);
  assert.deepEqual(decode(decoder, bytes('4001 6101 62')), ['a', 'b']);
  assert.deepEqual(decode(decoder, bytes('be')), ['a', 'b']);
  // To nothing, and back to 4,096.
  assert.deepEqual(decode(decoder, bytes('203f e11f 82')), [':method', 'GET']);
  assert.throws(() => decode(decoder, bytes('be')), Http2Error);
});

test('a field that is larger than the table empties it', () => {
  const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 64 });
  assert.deepEqual(decode(decoder, bytes('4001 6101 62')), ['a', 'b']);
  const large = Buffer.concat([bytes('4001 61 21'), Buffer.alloc(33, 'x')]);
  assert.deepEqual(decode(decoder, large), ['a', 'x'.repeat(33)]);
  assert.throws(() => decode(decoder, bytes('be')), Http2Error);
});

test('a field may take its name from the entry that it evicts', () => {
  const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 64 });
  assert.deepEqual(decode(decoder, bytes('4001 6101 62')), ['a', 'b']);
  assert.deepEqual(decode(decoder, bytes('7e01 63 be')), ['a', 'c', 'a', 'c']);
});

test('the same bytes give the same list again, until the table changes', () => {
  const decoder = new HpackDecoder(LIMITS);
  decode(decoder, bytes('4001 6101 62'));
  const list = decode(decoder, bytes('82be'));
  assert.deepEqual(list, [':method', 'GET', 'a', 'b']);
  assert.equal(decode(decoder, bytes('82be')), list);
  decode(decoder, bytes('4001 6101 63'));
  assert.deepEqual(decode(decoder, bytes('82be')), [':method', 'GET', 'a', 'c']);
});

test('a block that adds to the table does so each time that it comes', () => {
  const decoder = new HpackDecoder(LIMITS);
  for (let time = 0; time < 3; time++) assert.deepEqual(decode(decoder, bytes('4001 6101 62')), ['a', 'b']);
  assert.deepEqual(decode(decoder, bytes('bebf c0')), ['a', 'b', 'a', 'b', 'a', 'b']);
  assert.throws(() => decode(decoder, bytes('c1')), Http2Error);
});

test('a block that refers to no entry of the table means the same whatever is in it, and adds what it adds', () => {
  const decoder = new HpackDecoder({ ...LIMITS, tableBytes: 100 });
  const block = bytes('88 4001 6101 62 0001 6301 64 4001 6501 66');
  const list = decode(decoder, block);
  assert.deepEqual(list, [':status', '200', 'a', 'b', 'c', 'd', 'e', 'f']);
  for (let time = 0; time < 3; time++) {
    decode(decoder, bytes('4001 7801 79'));
    assert.deepEqual(decode(decoder, bytes('be')), ['x', 'y']);
    assert.equal(decode(decoder, block), list);
    // The newest two: a third has no room.
    assert.deepEqual(decode(decoder, bytes('bebf')), ['e', 'f', 'a', 'b']);
    assert.throws(() => decode(new HpackDecoder(LIMITS), bytes('c0')));
  }
});

test('a block that refers to what it adds itself is read anew each time', () => {
  const decoder = new HpackDecoder(LIMITS);
  const block = bytes('4001 6101 62 bebf');
  decode(decoder, bytes('4001 7801 79'));
  assert.deepEqual(decode(decoder, block), ['a', 'b', 'a', 'b', 'x', 'y']);
  assert.deepEqual(decode(decoder, block), ['a', 'b', 'a', 'b', 'a', 'b']);
});

test('a list with too many bytes or fields is not kept, and what it did to the table is', () => {
  const decoder = new HpackDecoder({ ...LIMITS, listBytes: 100, fields: 3 });
  const large = Buffer.concat([bytes('0001 61 64'), Buffer.alloc(100, 'x'), bytes('4001 6101 62')]);
  assert.equal(decode(decoder, large), 'too-large');
  assert.deepEqual(decode(decoder, bytes('be')), ['a', 'b']);
  assert.equal(decode(decoder, bytes('bebebebe')), 'too-large');
  const loose = new HpackDecoder({ ...LIMITS, fields: 3 });
  assert.equal((decode(loose, bytes('828282')) as readonly string[]).length, 6);
  assert.equal(decode(loose, bytes('82828282')), 'too-large');
});

test('a list is counted as SETTINGS_MAX_HEADER_LIST_SIZE is', () => {
  // 7 + 3 + 32 bytes each.
  assert.notEqual(decode(new HpackDecoder({ ...LIMITS, listBytes: 84 }), bytes('8282')), 'too-large');
  assert.equal(decode(new HpackDecoder({ ...LIMITS, listBytes: 83 }), bytes('8282')), 'too-large');
});

test('a small block of many references to a large entry keeps no text, and the connection goes on', () => {
  const decoder = new HpackDecoder(LIMITS);
  const entry = Buffer.concat([bytes('4001 617f'), bytes('a11e'), Buffer.alloc(4_000, 'x')]);
  assert.equal((decode(decoder, entry) as readonly string[])[1]?.length, 4_000);
  const bomb = Buffer.alloc(64 * 1024, 0xbe);
  const before = process.memoryUsage();
  for (let time = 0; time < 50; time++) assert.equal(decode(decoder, bomb), 'too-large');
  const after = process.memoryUsage();
  // Unbounded, it would be 13 GB of text.
  assert.ok(after.heapUsed + after.external - before.heapUsed - before.external < 32 * 1024 * 1024);
  assert.deepEqual(decode(decoder, bytes('82')), [':method', 'GET']);
});

test('many fields that cost nothing but their number are not kept either', () => {
  const decoder = new HpackDecoder({ ...LIMITS, listBytes: 2 ** 30 });
  assert.equal(decode(decoder, Buffer.alloc(64 * 1024, 0x82)), 'too-large');
});
