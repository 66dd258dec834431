import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { FLAG, FRAME, frame, GET, rawPeer, request } from './frames.ts';
import { answerCall, answerOf, begin, GRPC, grpcMessageOf, http2Client, http2Instance } from './http2-world.ts';
import { httpInstance, until, world } from './world.ts';

/* An instance may answer before the client has said that its request is over: of a unary call of gRPC it has all it needs. */

test('a call that is answered before its end has its status, and its client is told that nobody reads on', async (t) => {
  const instance = await http2Instance(t, (stream) => {
    stream.once('data', () => answerCall(stream, 'well'));
  });
  const { edge, plane } = await world(t, [instance], 'grpc');
  const client = await http2Client(t, edge);
  for (let count = 0; count < 50; count++) {
    const stream = begin(client, '/a.B/C', { method: 'POST', headers: GRPC });
    const answered = answerOf(stream, undefined);
    stream.write(Buffer.from(grpcMessageOf('hello'), 'latin1'));
    const { status, body, trailers, reset } = await answered;
    assert.deepEqual(
      [status, body, trailers['grpc-status'], reset],
      [200, grpcMessageOf('well'), '0', 0],
      `call ${count}`,
    );
  }
  assert.equal(plane.stats.inFlight, 0);
});

for (const [what, bytes] of [
  ['that its instance refuses', 4],
  ['that the proxy refuses', 5],
] as const) {
  test(`an upload ${what} gets its answer, and a moment to end by itself before it is told that nobody reads on`, async (t) => {
    let now = 1_000_000;
    const instance = await httpInstance(t, (_, response) => response.writeHead(413).end('no'));
    const sizes = { ...DEFAULT_TRAFFIC.limits.sizes, requestBody: 4 };
    const limits = { ...DEFAULT_TRAFFIC.limits, sizes };
    const { edge, plane } = await world(t, [instance], 'http', {
      now: () => now,
      traffic: { ...DEFAULT_TRAFFIC, limits },
    });
    const peer = rawPeer(edge);
    t.after(() => peer.socket.destroy());
    const upload = (stream: number) =>
      peer.send(
        request(stream, [[':method', 'POST'], ...GET.slice(1)], FLAG.endHeaders),
        frame(FRAME.data, 0, stream, Buffer.alloc(bytes)),
      );
    const ends = (stream: number) =>
      peer.seen.filter((it) => it.stream === stream && (it.type === FRAME.reset || (it.flags & FLAG.endStream) !== 0));
    upload(1);
    await until(() => ends(1).length === 1);
    peer.send(frame(FRAME.data, 0, 1, Buffer.alloc(1_000)), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
    await until(() => peer.seen.some(({ type }) => type === FRAME.ping));
    upload(3);
    await until(() => ends(3).length === 1);
    // The first ends by itself; the other one does not.
    peer.send(frame(FRAME.data, FLAG.endStream, 1));
    now += LIMITS.lingerMs;
    await until(() => ends(3).length === 2);
    const told = ends(3).at(-1);
    assert.deepEqual([told?.type, told?.payload.readUInt32BE(0)], [FRAME.reset, 0]);
    assert.deepEqual([ends(1).length, plane.stats.inFlight], [1, 0]);
  });
}
