import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { LIMITS } from '../src/limits.ts';
import { data, type FrameInstanceOptions, goaway, head, settings } from './frame-instance.ts';
import { codeOf, frameWorld, isRead, ONCE, SETTING, silence } from './frame-world.ts';
import { block, FLAG, FRAME, frame } from './frames.ts';
import { ask, begin, http2Client } from './http2-world.ts';
import { until } from './world.ts';

/* Instances that speak HTTP/2 and fall silent, say goodbye, refuse, or take few requests at once. */

const HALVES = [
  { name: 'half a head of a frame', bytes: head(1).subarray(0, 5) },
  { name: 'half a frame', bytes: head(1, Buffer.concat([Buffer.from([0x88]), block([['x-a', 'b']])])).subarray(0, 12) },
  { name: 'a head, whose block does not end,', bytes: head(1, undefined, 0) },
] as const;

for (const { name, bytes } of HALVES) {
  test(`an instance that sends ${name} and then nothing loses its connection when it answers no PING`, async (t) => {
    const { instance, client, pass } = await frameWorld(t, { answersPings: () => false });
    const answer = ask(client, '/');
    await until(() => instance.seen(FRAME.headers).length > 0);
    await isRead(instance, bytes);
    await silence({ instance, pass });
    // Less than any timeout of the request.
    pass(LIMITS.http2PingTimeoutMs);
    assert.equal(codeOf(await answer), 'upstream-reset');
    await until(() => instance.connections[0]?.socket.destroyed === true);
  });
}

test('what an instance has begun before it says goodbye is answered, and the rest is asked elsewhere, whatever it is', async (t) => {
  const { instance, client } = await frameWorld(
    t,
    {
      onWhole: (stream, to, nth) => {
        // The first two are on one connection.
        if (nth === 1) to.send(goaway(1), head(1, undefined, FLAG.endHeaders), data(1, 'first'));
        else if (nth > 1) to.send(head(stream, undefined, FLAG.endHeaders), data(stream, 'elsewhere'));
      },
    },
    // That is no retry which could be used up, or switched off.
    ONCE,
  );
  const first = ask(client, '/', { body: 'x' });
  await until(() => instance.seen(FRAME.headers).length === 1);
  const second = ask(client, '/', { body: 'y' });
  assert.deepEqual([(await first).body, (await second).body], ['first', 'elsewhere']);
  assert.equal(instance.connections.length, 2);
  await until(() => instance.sockets.size === 1);
});

test('a goodbye for the reason of a mistake ends in the same way', async (t) => {
  const onWhole: FrameInstanceOptions['onWhole'] = (stream, to, nth) =>
    nth === 0 ? to.socket.end(goaway(0, 2)) : to.send(head(stream));
  const { instance, client } = await frameWorld(t, { onWhole }, DEFAULT_TRAFFIC);
  assert.equal((await ask(client, '/', { body: 'x' })).status, 200);
  assert.equal(instance.connections.length, 2);
});

test('requests beyond what an instance takes wait, and go out when it takes more', async (t) => {
  const { instance, client } = await frameWorld(t, {
    greeting: settings([SETTING.streams, 0]),
    onWhole: (stream, to) => to.send(head(stream)),
  });
  const answers = Array.from({ length: 3 }, () => ask(client, '/', { body: 'x'.repeat(10_000) }));
  await until(() => instance.seen(FRAME.settings).some(({ flags }) => flags === FLAG.ack));
  assert.equal(instance.seen(FRAME.headers).length, 0);
  for (const { send } of instance.connections) send(settings([SETTING.streams, 1]));
  for (const answer of answers) assert.equal((await answer).status, 200);
  const sent = instance.seen(FRAME.data).reduce((sum, { payload }) => sum + payload.length, 0);
  assert.equal(sent, 30_000);
});

test('a request that waits for room is asked elsewhere when its connection says goodbye, and gives up when its time is over', async (t) => {
  const { instance, client, overdue } = await frameWorld(
    t,
    { greeting: settings([SETTING.streams, 0]), onWhole: (stream, to) => to.send(head(stream)) },
    DEFAULT_TRAFFIC,
  );
  const settled = (nth: number) => instance.connections[nth]?.seen.some(({ flags }) => flags === FLAG.ack) === true;
  const first = ask(client, '/', { body: 'x' });
  await until(() => settled(0));
  instance.connections[0]?.send(goaway(0));
  await until(() => settled(1));
  instance.connections[1]?.send(settings([SETTING.streams, 1]));
  assert.equal((await first).status, 200);
  instance.connections[1]?.send(settings([SETTING.streams, 0]), frame(FRAME.ping, 0, 0, Buffer.alloc(8)));
  await until(() => instance.seen(FRAME.ping).length > 0);
  assert.equal(codeOf(await overdue(ask(client, '/'))), 'response-timeout');
});

test('an instance may refuse and reset as many streams as it likes, and its connection stays', async (t) => {
  const onRequest: FrameInstanceOptions['onRequest'] = (stream, to) =>
    to.send(frame(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, 2])));
  const { instance, client } = await frameWorld(t, { onRequest }, { ...ONCE, outlier: undefined, breaker: undefined });
  for (let turn = 0; turn < 10; turn++) {
    const answers = await Promise.all(Array.from({ length: 60 }, () => ask(client, '/', { body: 'x' })));
    for (const { status } of answers) assert.equal(status, 502);
  }
  assert.equal(instance.seen(FRAME.headers).length, 600);
  assert.equal(instance.connections.length, 1);
});

test('answers that come when nobody waits for them any more cost no others', async (t) => {
  const streams: number[] = [];
  const { edge, instance, client } = await frameWorld(t, {
    onRequest: (stream, to) => {
      if (streams.push(stream) > 450) to.send(...streams.map((late) => head(late)));
    },
  });
  for (let turn = 1; turn <= 3; turn++) {
    const leaving = await http2Client(t, edge);
    for (let nth = 0; nth < 150; nth++) begin(leaving, '/').on('error', () => undefined);
    await until(() => streams.length === 150 * turn);
    leaving.destroy();
    await until(() => instance.seen(FRAME.reset).length === 150 * turn);
  }
  assert.equal((await ask(client, '/')).status, 200);
  assert.equal(instance.connections.length, 1);
});
