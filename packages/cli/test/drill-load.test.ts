import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GrpcCalls } from '../src/drill/grpc-calls.ts';
import { HEALTH, startLoad } from '../src/drill/load.ts';

type Answer = (stream: ServerHttp2Stream, path: string) => void;

/** A proxy's socket for the operator, behind which a service speaks gRPC. */
async function serving(t: TestContext, answer: Answer): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'islet-load-'));
  const socket = join(folder, 'operator.sock');
  const server = createServer();
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    stream.resume();
    answer(stream, String(headers[':path']));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  t.after(() => {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return socket;
}

const GRPC = { ':status': 200, 'content-type': 'application/grpc' };

/** As a refusal is sent: a head that is all of it. */
const says =
  (status: number): Answer =>
  (stream) =>
    stream.respond({ ...GRPC, 'grpc-status': String(status) }, { endStream: true });

const inTrailers: Answer = (stream) => {
  stream.respond(GRPC, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end(Buffer.alloc(5));
};

for (const [name, answer, ok] of [
  ['ok in the trailers', inTrailers, true],
  ['unimplemented', says(12), true],
  ['not found', says(5), true],
  ['unavailable', says(14), false],
  ['internal', says(13), false],
  ['a deadline that has passed', says(4), false],
  ['a stream that is cut', (stream: ServerHttp2Stream) => stream.close(2), false],
  [
    'an answer of HTTP without a status',
    (stream: ServerHttp2Stream) => stream.respond({ ':status': 504 }, { endStream: true }),
    false,
  ],
] as const) {
  test(`a call that is answered by ${name} ${ok ? 'is no failure' : 'has failed'}`, async (t) => {
    const calls = new GrpcCalls({ socket: await serving(t, answer), service: 'tides', timeoutMs: 60_000 });
    t.after(() => calls.close());
    assert.equal(await calls.call(HEALTH.path), ok);
  });
}

test('a call that nobody answers has failed when its time is over', async (t) => {
  const calls = new GrpcCalls({ socket: await serving(t, () => undefined), service: 'tides', timeoutMs: 50 });
  t.after(() => calls.close());
  assert.equal(await calls.call(HEALTH.path), false);
});

test('calls after the death of the proxy go over another connection', async (t) => {
  let died = false;
  const socket = await serving(t, (stream, path) => {
    if (died) return inTrailers(stream, path);
    died = true;
    stream.session?.destroy();
  });
  const calls = new GrpcCalls({ socket, service: 'tides', timeoutMs: 60_000 });
  t.after(() => calls.close());
  assert.deepEqual([await calls.call(HEALTH.path), await calls.call(HEALTH.path)], [false, true]);
});

test('the load of a service that speaks gRPC is of calls, evenly over what may be asked', async (t) => {
  const asked: string[] = [];
  const enough = Promise.withResolvers<void>();
  const socket = await serving(t, (stream, path) => {
    asked.push(path);
    inTrailers(stream, path);
    if (asked.length >= 4) enough.resolve();
  });
  const requests = [HEALTH, { ...HEALTH, path: '/tides.v1.Tides/Read' }];
  const load = startLoad({ socket, service: 'tides', protocol: 'grpc', requests, rps: 100 });
  await enough.promise;
  await load.stop();
  assert.deepEqual(
    asked.slice(0, 4),
    requests.concat(requests).map(({ path }) => path),
  );
  assert.ok(load.shots.length >= 4 && load.shots.every(({ ok }) => ok));
});
