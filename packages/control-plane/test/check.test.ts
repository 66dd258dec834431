import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { it, type TestContext } from 'node:test';
import { freePort } from '../../../scripts/test/free-port.ts';
import { check, type ProbeSite } from '../src/probe/check.ts';
import { runProbe } from '../src/probe/exec.ts';

const SERVING = Buffer.from([0, 0, 0, 0, 2, 0x08, 1]);

function grpcServer(t: TestContext, answer: (stream: ServerHttp2Stream, body: Buffer) => void): Promise<ProbeSite> {
  return http2Server(t, (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => answer(stream, Buffer.concat(chunks)));
  });
}

async function http2Server(
  t: TestContext,
  onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
): Promise<ProbeSite> {
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    onStream(stream, headers);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { host: '127.0.0.1', port, http2: true, exec: async () => 1 };
}

for (const length of [0, 5, 127, 128, 300]) {
  it(`asks for the health of a gRPC service whose name has ${length} bytes`, async (t) => {
    const name = 'n'.repeat(length);
    let asked: Buffer | undefined;
    const site = await grpcServer(t, (stream, body) => {
      asked = body;
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      stream.end(SERVING);
    });
    assert.equal(await check({ kind: 'grpc', service: name }, site, 60_000), undefined);
    const message = asked?.subarray(5) ?? Buffer.alloc(0);
    assert.equal(asked?.readUInt32BE(1), message.length);
    // Field 1, its length as a varint, the name.
    const varint = length < 128 ? [length] : [(length & 0x7f) | 0x80, length >>> 7];
    assert.deepEqual([...message], length === 0 ? [] : [0x0a, ...varint, ...Buffer.from(name)]);
  });
}

it('takes a gRPC server that is not serving, or says nothing, as not well', async (t) => {
  const notServing = await grpcServer(t, (stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.from([0, 0, 0, 0, 2, 0x08, 2]));
  });
  const silent = await grpcServer(t, () => {});
  assert.equal(
    await check({ kind: 'grpc', service: '' }, notServing, 60_000),
    'grpc.health.v1.Health/Check does not say that it serves',
  );
  assert.equal(
    await check({ kind: 'grpc', service: '' }, silent, 50),
    'grpc.health.v1.Health/Check was not answered within 0.05 s',
  );
});

it('ends a command that hangs with all that it started', { timeout: 60_000 }, async () => {
  const place = { argv: [], cwd: '/', env: { PATH: process.env.PATH ?? '' } };
  const code = await runProbe('sleep 60 & sleep 60; exit 0', { ...place, signal: AbortSignal.timeout(100) });
  assert.equal(code, 1);
});

for (const [status, isWell] of [
  [200, true],
  [302, true],
  [404, false],
  [503, false],
] as const) {
  it(`takes ${status} of a service that speaks HTTP/2 as ${isWell ? '' : 'not '}well`, async (t) => {
    let asked: unknown;
    const site = await http2Server(t, (stream, headers) => {
      asked = headers[':path'];
      stream.respond({ ':status': status }, { endStream: true });
    });
    const problem = isWell ? undefined : `GET /readyz?deep answers ${status}`;
    assert.equal(await check({ kind: 'http', path: '/readyz?deep' }, site, 60_000), problem);
    assert.equal(asked, '/readyz?deep');
  });
}

it('takes a service that does not speak HTTP/2 although it says so, or says nothing, as not well', async (t) => {
  const silent = await http2Server(t, () => {});
  assert.equal(await check({ kind: 'http', path: '/' }, silent, 50), 'GET / was not answered within 0.05 s');
  const old = createHttpServer((_, response) => response.end('well'));
  await new Promise<void>((done) => old.listen(0, '127.0.0.1', done));
  t.after(() => old.close());
  const { port } = old.address() as AddressInfo;
  assert.match((await check({ kind: 'http', path: '/' }, { ...silent, port }, 60_000)) ?? '', /^GET \/: /);
  assert.equal(await check({ kind: 'http', path: '/' }, { ...silent, port, http2: false }, 60_000), undefined);
});

for (const target of [{ kind: 'http', path: '/' }, { kind: 'tcp' }, { kind: 'grpc', service: '' }] as const) {
  it(`says that nobody listens, to a probe by ${target.kind}`, async () => {
    const port = await freePort();
    const site = { host: '127.0.0.1', port, http2: false, exec: async () => 1 };
    assert.equal(await check(target, site, 60_000), `nothing listens on port ${port}`);
  });
}

it('says how a command ended, or that it did not', async () => {
  const site = { host: '127.0.0.1', port: 1, http2: false, exec: async () => 3 };
  assert.equal(await check({ kind: 'exec', command: 'pg_isready' }, site, 60_000), '`pg_isready` ends with exit 3');
  const hangs = { ...site, exec: (_: string, signal: AbortSignal) => onceAborted(signal).then(() => 1) };
  assert.equal(await check({ kind: 'exec', command: 'x' }, hangs, 20), '`x` was not answered within 0.02 s');
});

it('gives up also what heeds no signal', { timeout: 60_000 }, async (t) => {
  const alive = setInterval(() => undefined, 1_000);
  t.after(() => clearInterval(alive));
  const deaf = { host: '127.0.0.1', port: 1, http2: false, exec: () => new Promise<number>(() => undefined) };
  assert.equal(await check({ kind: 'exec', command: 'x' }, deaf, 20), '`x` was not answered within 0.02 s');
});

function onceAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}
