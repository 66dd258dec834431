import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answerCall, answerOf, begin, GRPC, grpcMessageOf, http2Client, http2Instance } from './http2-world.ts';
import { world } from './world.ts';

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
