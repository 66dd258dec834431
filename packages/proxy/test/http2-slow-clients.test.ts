import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { data, head, settings, type ToInstance } from './frame-instance.ts';
import { frameWorld, SETTING } from './frame-world.ts';
import { FLAG, FRAME, rawPeer, request } from './frames.ts';
import { ask } from './http2-world.ts';
import { until } from './world.ts';

/*
 * Many callers share one connection to an instance. One that takes nothing of its answer holds what its own stream may bring, and
 * nothing of what the others get.
 */

/** Sends so much of a stream's body as the proxy's windows allow, as an instance that obeys them. */
class Body {
  sent = 0;
  readonly #stream: number;
  readonly #to: ToInstance;
  readonly #bytes: number;

  constructor(stream: number, to: ToInstance, bytes: number) {
    this.#stream = stream;
    this.#to = to;
    this.#bytes = bytes;
    to.send(head(stream, undefined, FLAG.endHeaders));
  }

  /** Returns whether it could send anything. `all`: what is sent over the connection, this one among it. */
  send(all: readonly Body[]): boolean {
    const total = all.reduce((sum, { sent }) => sum + sent, 0);
    const connection = LIMITS.http2ConnectionWindowBytes + this.#opened(0, LIMITS.http2ConnectionWindowBytes - 65_535);
    const stream = LIMITS.http2NarrowWindowBytes + this.#opened(this.#stream, 0) - this.sent;
    const length = Math.min(16_384, this.#bytes - this.sent, stream, connection - total);
    if (length <= 0) return false;
    this.sent += length;
    this.#to.send(data(this.#stream, Buffer.alloc(length), this.sent === this.#bytes ? FLAG.endStream : 0));
    return true;
  }

  #opened(stream: number, less: number): number {
    const updates = this.#to.seen.filter((one) => one.type === FRAME.update && one.stream === stream);
    return updates.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0) - less;
  }
}

test('clients that take nothing hold a narrow window each, and others get all of theirs over the same connection', async (t) => {
  const slow = 20;
  const large = 8 * LIMITS.http2WindowBytes;
  const bodies: Body[] = [];
  const { instance, edge, client } = await frameWorld(t, {
    onRequest: (stream, to) => void bodies.push(new Body(stream, to, large)),
  });
  const pump = () => {
    for (let sends = true; sends; ) sends = bodies.map((body) => body.send(bodies)).includes(true);
  };
  const peer = rawPeer(edge);
  peer.send(settings([SETTING.windowBytes, 0]));
  t.after(() => peer.socket.destroy());
  for (let nth = 0; nth < slow; nth++) peer.send(request(2 * nth + 1));
  await until(() => bodies.length === slow);
  await until(() => {
    pump();
    return bodies.every(({ sent }) => sent === LIMITS.http2NarrowWindowBytes);
  });
  const answer = ask(client, '/');
  await until(() => bodies.length > slow);
  await until(() => {
    pump();
    return bodies.at(-1)?.sent === large;
  });
  assert.equal((await answer).body.length, large);
  for (const { sent } of bodies.slice(0, slow)) assert.equal(sent, LIMITS.http2NarrowWindowBytes);
  assert.equal(instance.connections.length, 1);
});
