import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CompressibleResponse, isCompressible, negotiateCoding } from '../../src/index.ts';

const CHOICES = [
  { accept: undefined, expected: undefined },
  { accept: '', expected: undefined },
  { accept: 'gzip', expected: 'gzip' },
  { accept: 'GZIP', expected: 'gzip' },
  { accept: 'x-gzip', expected: 'gzip' },
  { accept: 'gzip, br', expected: 'br' },
  { accept: 'gzip, deflate, br, zstd', expected: 'zstd' },
  { accept: 'br;q=0.5, gzip;q=0.8', expected: 'gzip' },
  { accept: 'br;q=0, gzip', expected: 'gzip' },
  { accept: '*', expected: 'zstd' },
  { accept: '*;q=0', expected: undefined },
  { accept: 'gzip;q=0, *', expected: 'zstd' },
  { accept: 'zstd;q=0, br;q=0, *', expected: 'gzip' },
  { accept: 'identity', expected: undefined },
  { accept: 'identity, gzip', expected: 'gzip' },
  { accept: 'identity, gzip;q=0.5', expected: undefined },
  { accept: 'identity;q=0.5, gzip;q=0.6', expected: 'gzip' },
  { accept: 'identity;q=0, *;q=0', expected: undefined },
  { accept: 'gzip;q=1.5', expected: undefined },
  { accept: 'gzip;q=many', expected: undefined },
  { accept: 'gzip ; q=0.3 , br ; q=0.2', expected: 'gzip' },
  { accept: 'deflate, compress', expected: undefined },
] as const;

for (const { accept, expected } of CHOICES) {
  test(`Accept-Encoding: ${accept ?? 'not sent'} gets ${expected ?? 'the response as it is'}`, () => {
    assert.equal(negotiateCoding(accept, ['zstd', 'br', 'gzip']), expected);
  });
}

const spec = { encodings: ['gzip'], minBytes: 1024, types: ['text/*', 'application/*'] } as const;
const JSON_RESPONSE: CompressibleResponse = {
  status: 200,
  contentType: 'application/json; charset=utf-8',
  contentEncoding: undefined,
  cacheControl: undefined,
  length: undefined,
};

const RESPONSES: readonly {
  readonly what: string;
  readonly of: Partial<CompressibleResponse>;
  readonly expected: boolean;
}[] = [
  { what: 'a type of the list', of: {}, expected: true },
  { what: 'a type below a kind of the list', of: { contentType: 'TEXT/HTML' }, expected: true },
  { what: 'another type', of: { contentType: 'image/png' }, expected: false },
  { what: 'no type', of: { contentType: undefined }, expected: false },
  { what: 'a stream of events', of: { contentType: 'text/event-stream' }, expected: false },
  { what: 'a gRPC call', of: { contentType: 'application/grpc+proto' }, expected: false },
  { what: 'what only sounds like one', of: { contentType: 'application/grpc-doc' }, expected: true },
  { what: 'enough bytes', of: { length: 1024 }, expected: true },
  { what: 'too few bytes', of: { length: 1023 }, expected: false },
  { what: 'what is compressed', of: { contentEncoding: 'br' }, expected: false },
  { what: 'what says that it is not', of: { contentEncoding: 'identity' }, expected: true },
  { what: 'what must not be changed', of: { cacheControl: 'max-age=9, no-transform' }, expected: false },
  { what: 'a part', of: { status: 206 }, expected: false },
  { what: 'a 204', of: { status: 204 }, expected: false },
  { what: 'a 304', of: { status: 304 }, expected: false },
  { what: 'an error', of: { status: 500 }, expected: true },
];

for (const { what, of, expected } of RESPONSES) {
  test(`${what} is ${expected ? '' : 'not '}compressed`, () => {
    assert.equal(isCompressible({ ...JSON_RESPONSE, ...of }, spec), expected);
  });
}
