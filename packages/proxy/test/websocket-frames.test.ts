import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closeFrame, WebSocketFrames } from '../src/http/websocket-frames.ts';

interface Frame {
  readonly opcode: number;
  readonly fin: boolean;
  readonly length: number;
  readonly masked: boolean;
}

const [CONTINUATION, TEXT, PING] = [0x0, 0x1, 0x9];

/** Its bytes, with a payload that would be frames of its own if it were read as such. */
function bytesOf({ opcode, fin, length, masked }: Frame): Buffer {
  const code = length < 126 ? length : length < 65_536 ? 126 : 127;
  const size = Buffer.alloc(code === 127 ? 8 : code === 126 ? 2 : 0);
  if (code === 127) size.writeBigUInt64BE(BigInt(length));
  else if (code === 126) size.writeUInt16BE(length);
  const start = Buffer.from([(fin ? 0x80 : 0) | opcode, (masked ? 0x80 : 0) | code]);
  return Buffer.concat([start, size, Buffer.alloc(masked ? 4 : 0, 0xff), Buffer.alloc(length, 0x88)]);
}

const frame = (part: Partial<Frame>): Frame => ({ opcode: TEXT, fin: true, length: 0, masked: false, ...part });

/** A message in fragments, with pings between them. */
const message = fc
  .record({
    lengths: fc.array(fc.constantFrom(0, 1, 125, 126, 300, 65_535, 65_536), { minLength: 1, maxLength: 4 }),
    pings: fc.boolean(),
    masked: fc.boolean(),
  })
  .map(({ lengths, pings, masked }) =>
    lengths.flatMap((length, index) => {
      const opcode = index === 0 ? TEXT : CONTINUATION;
      const fin = index === lengths.length - 1;
      return [
        ...(pings && index > 0 ? [frame({ opcode: PING, length: 5 })] : []),
        frame({ opcode, fin, length, masked }),
      ];
    }),
  );

test('however the bytes are cut, the ends of messages are found, and only those', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.array(message, { minLength: 1, maxLength: 4 }), cuts, (messages, sizes) => {
      const whole = messages.map((frames) => Buffer.concat(frames.map(bytesOf)));
      const ends = whole.map((_, index) => Buffer.concat(whole.slice(0, index + 1)).length);
      const bytes = Buffer.concat(whole);
      const frames = new WebSocketFrames();
      for (let [at, turn] = [0, 0]; at < bytes.length; turn++) {
        const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1));
        const last = ends.filter((end) => end > at && end <= at + piece.length).at(-1);
        const found = frames.read(piece);
        assert.equal(found, last === undefined ? undefined : last - at);
        at += piece.length;
        assert.equal(frames.isBetweenMessages, ends.includes(at));
      }
    }),
    { numRuns: 100 },
  );
});

test('one byte at a time changes nothing', () => {
  const bytes = Buffer.concat([frame({ length: 300 }), frame({ length: 65_536, masked: true })].map(bytesOf));
  const frames = new WebSocketFrames();
  const ends = [...bytes].flatMap((byte, index) => (frames.read(Buffer.from([byte])) === undefined ? [] : [index + 1]));
  assert.deepEqual(ends, [304, bytes.length]);
});

test('a ping between messages leaves room for a close frame, one between fragments does not', () => {
  const frames = new WebSocketFrames();
  assert.equal(frames.read(bytesOf(frame({ opcode: PING, length: 3 }))), 5);
  assert.equal(frames.read(bytesOf(frame({ fin: false, length: 3 }))), undefined);
  assert.equal(frames.read(bytesOf(frame({ opcode: PING, length: 3 }))), undefined);
  assert.equal(frames.read(bytesOf(frame({ opcode: CONTINUATION, length: 3 }))), 5);
});

test('after a close frame there is no place for another', () => {
  const frames = new WebSocketFrames();
  assert.equal(frames.isBetweenMessages, true);
  assert.equal(frames.read(closeFrame(1000, 'done')), undefined);
  assert.equal(frames.isBetweenMessages, false);
});

test('a close frame has its code and its reason, unmasked', () => {
  assert.deepEqual(closeFrame(1001, 'bye'), Buffer.from([0x88, 5, 0x03, 0xe9, 0x62, 0x79, 0x65]));
});
