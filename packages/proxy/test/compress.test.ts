import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import type { CompressSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { httpInstance, send, until, world } from './world.ts';

const COMPRESS: CompressSpec = {
  encodings: ['zstd', 'br', 'gzip'],
  minBytes: 1024,
  types: ['text/*', 'application/json'],
};
const TEXT = JSON.stringify(Array.from({ length: 500 }, (_, index) => ({ index, name: `item ${index}` })));
const JSON_TYPE = { 'content-type': 'application/json' };

async function compressed(t: TestContext, handler: RequestListener, spec: Partial<CompressSpec> = {}) {
  const traffic = { ...DEFAULT_TRAFFIC, compress: { ...COMPRESS, ...spec } };
  const made = await world(t, [await httpInstance(t, handler)], 'http', { traffic });
  const ask = (accept: string | undefined, { method = 'GET', keep = false, fields = '' } = {}) => {
    const accepted = accept === undefined ? '' : `Accept-Encoding: ${accept}\r\n`;
    const close = keep ? '' : 'Connection: close\r\n';
    return send(made.edge, `${method} / HTTP/1.1\r\nHost: h\r\n${accepted}${close}${fields}\r\n`);
  };
  return { ...made, ask };
}

const whole: RequestListener = (_, response) => {
  response
    .writeHead(200, { ...JSON_TYPE, 'content-length': TEXT.length, etag: '"a"', 'accept-ranges': 'bytes' })
    .end(TEXT);
};

/** The body of a chunked response, as bytes. */
function unchunked(text: string): Buffer {
  let rest = text.slice(text.indexOf('\r\n\r\n') + 4);
  const chunks: Buffer[] = [];
  for (;;) {
    const end = rest.indexOf('\r\n');
    const length = Number.parseInt(rest.slice(0, end), 16);
    if (!(length > 0)) return Buffer.concat(chunks);
    chunks.push(Buffer.from(rest.slice(end + 2, end + 2 + length), 'latin1'));
    rest = rest.slice(end + 2 + length + 2);
  }
}

const UNPACK = { gzip: gunzipSync, br: brotliDecompressSync, zstd: zstdDecompressSync };

for (const coding of ['gzip', 'br', 'zstd'] as const) {
  test(`a response reaches a client that accepts ${coding} smaller, and is the same when unpacked`, async (t) => {
    const { ask } = await compressed(t, whole);
    const answer = await ask(coding);
    assert.match(answer, new RegExp(`\r\nContent-Encoding: ${coding}\r\n`));
    const body = unchunked(answer);
    assert.ok(body.length < TEXT.length / 3);
    assert.equal(UNPACK[coding](body).toString(), TEXT);
  });
}

test('a compressed response is another representation: weak tag, no length, no parts, and it varies', async (t) => {
  const { ask } = await compressed(t, whole);
  const answer = await ask('gzip');
  const head = answer.slice(0, answer.indexOf('\r\n\r\n'));
  assert.match(head, /\r\netag: W\/"a"\r\n[\s\S]*\r\nVary: Accept-Encoding/);
  assert.doesNotMatch(head, /content-length|accept-ranges/i);
});

test('an answer to HEAD tells of the compressed response, whose length nobody knows', async (t) => {
  const { ask } = await compressed(t, whole);
  const head = await ask('gzip', { method: 'HEAD' });
  assert.match(head, /\r\netag: W\/"a"\r\n[\s\S]*\r\nVary: Accept-Encoding\r\nContent-Encoding: gzip\r\n/);
  assert.doesNotMatch(head, /content-length|transfer-encoding/i);
  assert.match(await ask('identity', { method: 'HEAD' }), new RegExp(`\\r\\nContent-Length: ${TEXT.length}\\r\\n`));
});

test('a client that accepts none gets the response as it is, and caches learn that it varies', async (t) => {
  const { ask } = await compressed(t, whole);
  for (const accept of [undefined, 'identity', 'gzip;q=0']) {
    const answer = await ask(accept);
    assert.ok(answer.endsWith(TEXT));
    assert.match(answer, /\r\netag: "a"\r\n[\s\S]*\r\nVary: Accept-Encoding\r\n/);
    assert.doesNotMatch(answer, /Content-Encoding/i);
  }
});

test('a copy that was compressed is confirmed by its own tag, and a part says what it varies by as the whole does', async (t) => {
  const { ask } = await compressed(t, (incoming, response) => {
    const part = incoming.headers.range !== undefined;
    response.writeHead(part ? 206 : 304, { ...(part ? JSON_TYPE : {}), etag: '"a"', vary: 'x-lang' }).end();
  });
  const confirmed = await ask('gzip', { fields: 'If-None-Match: W/"a"\r\n' });
  assert.match(
    confirmed,
    /^HTTP\/1\.1 304 [\s\S]*\r\netag: W\/"a"\r\nvary: x-lang\r\n[\s\S]*Vary: Accept-Encoding\r\n/,
  );
  assert.match(await ask('gzip', { fields: 'If-None-Match: "a"\r\n' }), /\r\netag: "a"\r\n/);
  const part = await ask('gzip', { fields: 'Range: bytes=0-1\r\n' });
  assert.match(part, /^HTTP\/1\.1 206 [\s\S]*\r\netag: "a"\r\nvary: x-lang\r\n[\s\S]*Vary: Accept-Encoding\r\n/);
});

const AS_THEY_ARE: readonly {
  readonly what: string;
  readonly fields: Record<string, string>;
  readonly body: string;
}[] = [
  { what: 'short', fields: { ...JSON_TYPE, 'content-length': '4' }, body: 'true' },
  { what: 'of another type', fields: { 'content-type': 'image/png' }, body: TEXT },
  { what: 'compressed already', fields: { ...JSON_TYPE, 'content-encoding': 'br' }, body: TEXT },
  { what: 'not to be changed', fields: { ...JSON_TYPE, 'cache-control': 'no-transform' }, body: TEXT },
  { what: 'a stream of events', fields: { 'content-type': 'text/event-stream' }, body: TEXT },
];

for (const { what, fields, body } of AS_THEY_ARE) {
  test(`a response that is ${what} goes out as it is`, async (t) => {
    const { ask } = await compressed(t, (_, response) => response.writeHead(200, fields).end(body));
    const answer = await ask('gzip');
    assert.ok(answer.includes(body));
    assert.doesNotMatch(answer, /Vary:/);
  });
}

test('each piece of a response that is made bit by bit comes out at once', async (t) => {
  let go = () => {};
  const { edge } = await compressed(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write('first piece');
    go = () => response.end('second piece');
  });
  const socket = connect(edge, '127.0.0.1').setEncoding('latin1');
  t.after(() => socket.destroy());
  let seen = '';
  socket.on('data', (text: string) => {
    seen += text;
  });
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n');
  await until(() => seen.includes('\r\n\r\n') && unchunked(`${seen}0\r\n\r\n`).length > 20);
  go();
  await until(() => seen.endsWith('0\r\n\r\n'));
  assert.equal(gunzipSync(unchunked(seen)).toString(), 'first piecesecond piece');
});

test('the next request of the connection is answered after a compressed response', async (t) => {
  const { edge } = await compressed(t, whole);
  const one = 'GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n';
  const last = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
  const both = await send(edge, one + last);
  assert.equal(both.match(/HTTP\/1\.1 200 OK/g)?.length, 2);
  assert.ok(both.endsWith(TEXT));
});

test('a long response is compressed with its client setting the pace', async (t) => {
  const block = Buffer.alloc(64 * 1024, TEXT);
  const blocks = 200;
  const { edge, plane } = await compressed(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    let left = blocks;
    const more = () => {
      while (left > 0) if (left-- && !response.write(block)) return void response.once('drain', more);
      response.end();
    };
    more();
  });
  const answer = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAccept-Encoding: zstd\r\n\r\n');
  assert.equal(zstdDecompressSync(unchunked(answer)).length, blocks * block.length);
  await until(() => plane.stats.inFlight === 0);
});

test('a response that breaks off in the encoder breaks off for its client', async (t) => {
  const { ask, plane } = await compressed(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(TEXT);
    setTimeout(() => response.destroy(), 20);
  });
  const answer = await ask('gzip');
  assert.doesNotMatch(answer, /0\r\n\r\n$/);
  await until(() => plane.stats.inFlight === 0);
});

test('a client that leaves ends what is in the encoder', async (t) => {
  const { edge, plane } = await compressed(t, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/plain' });
    const timer = setInterval(() => response.write(TEXT), 1);
    response.on('close', () => clearInterval(timer));
  });
  const socket = connect(edge, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: h\r\nAccept-Encoding: br\r\n\r\n');
  await until(() => socket.bytesRead > 500);
  socket.resetAndDestroy();
  await until(() => plane.stats.inFlight === 0);
});
