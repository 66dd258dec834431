import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { type Outcome, verdictOf, waitMs } from '../src/forward/verdict.ts';

const NOW = Date.parse('2026-11-27T09:00:00Z');
const NONE = Buffer.alloc(0);

const http = (status: number, retryAfter?: string, body = NONE): Outcome => ({
  kind: 'http',
  status,
  retryAfter,
  body,
});
const grpc = (status: number, details?: string): Outcome => ({
  kind: 'grpc',
  status,
  message: 'm',
  details,
  body: NONE,
});

const PARTIAL = Buffer.from(
  new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .int64(3)
    .tag(2, WireType.LengthDelimited)
    .string('too old')
    .join()
    .finish(),
);
/** `google.rpc.Status` with a `RetryInfo` of 2.5 s. */
const RETRY_INFO = Buffer.from(
  new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(8)
    .tag(3, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.LengthDelimited)
    .string('type.googleapis.com/google.rpc.RetryInfo')
    .tag(2, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.LengthDelimited)
    .fork()
    .tag(1, WireType.Varint)
    .int64(2)
    .tag(2, WireType.Varint)
    .int32(500_000_000)
    .join()
    .join()
    .join()
    .finish(),
).toString('base64');

describe('an answer of a backend', () => {
  for (const { outcome, expected } of [
    { outcome: http(200), expected: { kind: 'taken', rejected: 0 } },
    { outcome: http(202), expected: { kind: 'taken', rejected: 0 } },
    { outcome: http(200, undefined, PARTIAL), expected: { kind: 'taken', rejected: 3, why: 'too old' } },
    { outcome: http(200, undefined, Buffer.from('<html>')), expected: { kind: 'taken', rejected: 0 } },
    { outcome: http(429), expected: { kind: 'again', afterMs: undefined } },
    { outcome: http(429, '7'), expected: { kind: 'again', afterMs: 7_000 } },
    { outcome: http(503, 'Fri, 27 Nov 2026 09:01:00 GMT'), expected: { kind: 'again', afterMs: 60_000 } },
    { outcome: http(503, 'Fri, 27 Nov 2026 08:00:00 GMT'), expected: { kind: 'again', afterMs: 0 } },
    { outcome: http(503, 'soon'), expected: { kind: 'again', afterMs: undefined } },
    ...[502, 504].map((status) => ({ outcome: http(status), expected: { kind: 'again' } })),
    ...[301, 400, 401, 403, 404, 413, 500, 501].map((status) => ({
      outcome: http(status),
      expected: { kind: 'refused' },
    })),
    { outcome: grpc(0), expected: { kind: 'taken', rejected: 0 } },
    ...[1, 4, 10, 11, 14, 15].map((status) => ({ outcome: grpc(status), expected: { kind: 'again' } })),
    ...[2, 3, 5, 6, 7, 9, 12, 13, 16].map((status) => ({ outcome: grpc(status), expected: { kind: 'refused' } })),
    { outcome: grpc(8), expected: { kind: 'refused' } },
    { outcome: grpc(8, RETRY_INFO), expected: { kind: 'again', afterMs: 2_500 } },
    { outcome: grpc(14, 'AAAA'), expected: { kind: 'again', afterMs: undefined } },
    { outcome: { kind: 'unreached', why: 'away' } as const, expected: { kind: 'again', why: 'away' } },
  ] as { outcome: Outcome; expected: object }[]) {
    it(`${JSON.stringify(outcome)} is ${JSON.stringify(expected)}`, () => {
      const verdict = verdictOf(outcome, NOW);
      for (const [key, value] of Object.entries(expected))
        assert.deepEqual(verdict[key as keyof typeof verdict], value);
    });
  }
});

describe('the wait before the next try', () => {
  it('grows by half, up to half a minute, and is spread by half', () => {
    assert.deepEqual(
      [1, 2, 3, 20].map((tries) => waitMs(tries, undefined, 0.5)),
      [1_000, 1_500, 2_250, 30_000],
    );
    assert.deepEqual([waitMs(1, undefined, 0), waitMs(1, undefined, 1)], [500, 1_500]);
  });

  it('is what the backend asks for, within reason', () => {
    assert.equal(waitMs(9, 4_000, 0.9), 4_000);
    assert.equal(waitMs(1, 86_400_000, 0), 300_000);
  });
});
