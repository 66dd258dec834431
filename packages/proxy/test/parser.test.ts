import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ProxyError } from '../src/errors.ts';
import { bodyReader } from '../src/http/body-reader.ts';
import type { ReadHead } from '../src/http/common-heads.ts';
import { type Field, parseFields, serialiseFields } from '../src/http/fields.ts';
import { HeadReader } from '../src/http/head-reader.ts';
import { type RequestHead, RequestHeadParser } from '../src/http/request-head.ts';
import { parseResponseHead } from '../src/http/response-head.ts';
import { ResponseReader } from '../src/http/response-reader.ts';

const token = fc.string({ unit: fc.constantFrom(..."abcXYZ019!#$%&'*+-.^_`|~"), minLength: 1, maxLength: 12 });
const visible = fc.constantFrom(...'abc \t:;,="\x80\xff\xa0~');
const value = fc.string({ unit: visible, maxLength: 20 }).map((text) => text.replace(/^[ \t]+|[ \t]+$/g, ''));
const fields = fc.array(
  fc.record({ name: token, value }).map((field): Field => ({ ...field, lower: field.name.toLowerCase() })),
  { maxLength: 20 },
);

test('fields that are written and read are the same fields', () => {
  fc.assert(fc.property(fields, (all) => assert.deepEqual(parseFields(serialiseFields(all)), all)));
});

const method = fc.constantFrom('GET', 'POST', 'OPTIONS', 'x-a');
const target = fc.constantFrom('/', '/a?b', '*', 'http://h/a', '/a b', '/\x01', '');
const line = fc.oneof(
  fc.constantFrom('Host: h', 'Content-Length: 3', 'Content-Length: x', 'Transfer-Encoding: chunked', 'A : b', ' c'),
  fc.record({ name: token, value }).map((field) => `${field.name}: ${field.value}`),
);
const lineEnd = fc.oneof({ weight: 20, arbitrary: fc.constant('\r\n') }, { weight: 1, arbitrary: fc.constant('\n') });
const message = fc
  .tuple(fc.constantFrom('', '\r\n'), method, target, fc.array(fc.tuple(line, lineEnd), { maxLength: 8 }))
  .map(
    ([start, verb, where, lines]) =>
      `${start}${verb} ${where} HTTP/1.1\r\nHost: h\r\n${lines.flat().join('')}\r\n0\r\n\r\nrest`,
  );

test('how the bytes were split never changes what was read', () => {
  fc.assert(
    fc.property(message, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 60 }), (text, sizes) => {
      const bytes = Buffer.from(text, 'latin1');
      assert.deepEqual(readInPieces(bytes, sizes), readInPieces(bytes, [bytes.length]));
    }),
    { numRuns: 2_000 },
  );
});

test('random bytes are refused with a code of ours, or read, and nothing else happens', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 400 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
      (raw, sizes) => {
        assert.notEqual(readInPieces(Buffer.from(raw), sizes).error, 'internal');
      },
    ),
    { numRuns: 1_000 },
  );
});

test('a chunked body gives back what was put in, however it is split', () => {
  const body = fc.array(
    fc.string({ unit: fc.constantFrom('a', '\r', '\n', '0', '\xff'), minLength: 1, maxLength: 30 }),
  );
  fc.assert(
    fc.property(
      body,
      fields,
      fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }),
      (chunks, trailers, sizes) => {
        const text = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
        const bytes = Buffer.from(`${text}0\r\n${serialiseFields(trailers)}\r\nnext`, 'latin1');
        const read = readChunked(bytes, sizes);
        assert.equal(read.body, chunks.join(''));
        assert.equal(read.rest, 'next');
        assert.deepEqual(read.trailers, trailers);
      },
    ),
  );
});

test('a remembered block of fields is only taken for the same block and version', () => {
  const parser = new RequestHeadParser();
  const head = (target: string, version: string, more: string) =>
    parser.parse(`GET ${target} HTTP/${version}\r\nHost: h\r\n${more}`);
  const first = head('/a', '1.1', 'A: b\r\n');
  assert.equal(head('/b', '1.1', 'A: b\r\n').fields, first.fields);
  assert.equal(head('/b', '1.0', 'A: b\r\n').fields.close, true);
  assert.equal(head('/b', '1.1', 'A: c\r\n').fields.passed, 'A: c\r\n');
});

const few = (all: readonly string[]) => fc.array(fc.constantFrom(...all), { minLength: 2, maxLength: 12 });
const requests = few([
  'GET /a HTTP/1.1\r\nHost: h\r\n',
  'GET /a HTTP/1.0\r\nHost: h\r\n',
  'PUT /a HTTP/1.1\r\nHost: h\r\n',
  'GET /b HTTP/1.1\r\nHost: h\r\n',
  '\r\nGET /a HTTP/1.1\r\nHost: h\r\n',
  'GET /a HTTP/1.1\r\nHost: i\r\n',
  'GET http://h/a HTTP/1.1\r\nHost: i\r\n',
  'GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n',
  'GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n',
  'GET /a\r\nHost: h\r\n',
]);
const responses = few([
  'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n',
  'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n',
  'HTTP/1.1 304 OK\r\nContent-Length: 1\r\n',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n',
  'HTTP/1.1 200 OK\r\n',
  'HTTP/1.1 2000 OK\r\nContent-Length: 1\r\n',
]);

test('whatever a connection has brought before, each head means what it means alone', () => {
  fc.assert(
    fc.property(
      requests,
      responses,
      fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
      (asked, answers, toHeads) => {
        const ofRequests = new RequestHeadParser();
        for (const text of asked) {
          assert.deepEqual(
            triedOf(() => ofRequests.parse(text)),
            triedOf(() => new RequestHeadParser().parse(text)),
          );
        }
        const reader = new ResponseReader();
        for (const [turn, text] of answers.entries()) {
          const toHead = toHeads[turn] === true;
          const alone = triedOf(() => parseResponseHead(text, { toHead }));
          assert.deepEqual(headFrom(reader, text, { toHead }), typeof alone === 'string' ? 'bad-response' : alone);
        }
      },
    ),
  );
});

/** The head that the reader tells, or the code of the error that it throws. */
function headFrom(reader: ResponseReader, text: string, { toHead }: { readonly toHead: boolean }): unknown {
  let told: unknown;
  const tell = (head: unknown) => {
    told = head;
  };
  const sink = { onInformational: tell, onHead: tell, onBody: () => undefined, onBodyEnd: () => undefined };
  reader.expect(toHead ? 'HEAD' : 'GET');
  const bytes = Buffer.from(`${text}\r\n`);
  return triedOf(() => {
    reader.read(bytes, 0, bytes.length, sink);
    return told;
  });
}

/** What it returns, or the code of the error that it throws. */
function triedOf(parse: () => unknown): unknown {
  try {
    return parse();
  } catch (thrown) {
    return ProxyError.from(thrown).code;
  }
}

interface Read {
  readonly head: unknown;
  readonly body: string;
  readonly trailers: readonly Field[];
  readonly rest: string;
  readonly error: string | undefined;
}

/** Reads one request, head and body, from bytes that come in pieces of these sizes, again and again. */
function readInPieces(bytes: Buffer, sizes: readonly number[]): Read {
  const parser = new RequestHeadParser();
  const heads = new HeadReader((text) => parser.parse(text));
  let at = 0;
  let turn = 0;
  try {
    let found: ReadHead<RequestHead> | undefined;
    while (found === undefined && at < bytes.length) {
      const stop = Math.min(bytes.length, at + sizes[turn++ % sizes.length]!);
      found = heads.read(bytes, at, stop);
      at = found === undefined ? stop : at + found.length;
    }
    if (found === undefined) return { head: 'incomplete', body: '', trailers: [], rest: '', error: undefined };
    const { head } = found;
    const read = readBody(bytes.subarray(at), sizes, head.fields.framing);
    return { head, ...read, error: undefined };
  } catch (thrown) {
    return { head: undefined, body: '', trailers: [], rest: '', error: ProxyError.from(thrown).code };
  }
}

function readChunked(bytes: Buffer, sizes: readonly number[]) {
  return readBody(bytes, sizes, { kind: 'chunked' });
}

function readBody(bytes: Buffer, sizes: readonly number[], framing: Parameters<typeof bodyReader>[0]) {
  const reader = bodyReader(framing);
  let body = '';
  let trailers: readonly Field[] = [];
  const sink = {
    onBody(piece: Buffer) {
      body += piece.toString('latin1');
    },
    onBodyEnd(fields: readonly Field[]) {
      trailers = fields;
    },
  };
  let at = 0;
  for (let turn = 0; reader !== undefined && !reader.done && at < bytes.length; turn++) {
    at = reader.read(bytes, at, Math.min(bytes.length, at + sizes[turn % sizes.length]!), sink);
  }
  return { body, trailers, rest: bytes.toString('latin1', at) };
}
