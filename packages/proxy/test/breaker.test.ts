import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { client } from './clocked.ts';
import { endpointAt, httpInstance, send, until, world } from './world.ts';

const GET = 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

/** One instance that can be told how to answer, behind a proxy whose clock a test moves. */
async function single(t: TestContext, traffic = DEFAULT_TRAFFIC) {
  let asked = 0;
  let handler: RequestListener = (_, response) => void response.end('ok');
  const instance = await httpInstance(t, (incoming, response) => {
    asked++;
    handler(incoming, response);
  });
  let now = 1_000_000;
  const made = await world(t, [instance], 'http', { now: () => now, traffic });
  const calls = async (count: number) => {
    const answers = [];
    for (let call = 0; call < count; call++) answers.push(await send(made.edge, GET));
    return answers;
  };
  return {
    ...made,
    instance,
    calls,
    asked: () => asked,
    behave: (next: RequestListener) => {
      handler = next;
    },
    pass: (ms: number) => {
      now += ms;
    },
    state: () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.breaker,
  };
}

const unavailable: RequestListener = (_, response) => void response.writeHead(503).end();
const well: RequestListener = (_, response) => void response.end('well');

test('a caller whose calls fail is refused at once, told until when, and named the rule', async (t) => {
  const { behave, calls, asked, state, plane } = await single(t);
  behave(unavailable);
  await calls(20);
  assert.equal(state(), 'open');
  const [refused = ''] = await calls(1);
  assert.match(refused, /^HTTP\/1\.1 503 [\s\S]*x-islet-error: breaker-open\r\nx-islet-explain: traffic\.breaker\r\n/);
  assert.match(refused, /\r\nRetry-After: 5\r\n/);
  assert.equal(asked(), 20);
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.breaker'], 1);
});

test('after its time three calls find out, and where they succeed all flow again', async (t) => {
  const { behave, calls, asked, state, pass } = await single(t);
  behave(unavailable);
  await calls(20);
  pass(5_000);
  behave(well);
  const answers = await calls(10);
  assert.ok(answers.every((answer) => answer.endsWith('well')));
  assert.equal(asked(), 30);
  assert.equal(state(), 'closed');
});

test('a call that was to find out, and whose client leaves, lets another one find out', async (t) => {
  const { behave, calls, state, pass, edge, plane } = await single(t);
  behave(unavailable);
  await calls(20);
  pass(5_000);
  let asked = 0;
  behave(() => void asked++);
  const leaving = Array.from({ length: DEFAULT_TRAFFIC.breaker!.halfOpen }, () => connect(edge, '127.0.0.1'));
  for (const socket of leaving) socket.write(GET);
  await until(() => asked === leaving.length);
  assert.match((await calls(1))[0] ?? '', /x-islet-error: breaker-open/);
  for (const socket of leaving) socket.resetAndDestroy();
  await until(() => plane.stats.inFlight === 0);
  behave(well);
  const answers = await calls(leaving.length);
  assert.ok(answers.every((answer) => answer.endsWith('well')));
  assert.equal(state(), 'closed');
});

test('a probe that fails opens it again, for twice as long', async (t) => {
  const { behave, calls, asked, pass } = await single(t);
  behave(unavailable);
  await calls(20);
  pass(5_000);
  await calls(3);
  assert.equal(asked(), 21);
  pass(9_999);
  await calls(1);
  assert.equal(asked(), 21);
  pass(1);
  await calls(1);
  assert.equal(asked(), 22);
});

test('one caller is refused and another is not, and errors of the program open nothing', async (t) => {
  const { behave, calls, gateway } = await single(t);
  behave(unavailable);
  await calls(20);
  behave(well);
  const other = await send(gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(other, /well$/);
  const broken = await single(t);
  broken.behave((_, response) => void response.writeHead(500).end());
  await broken.calls(40);
  assert.equal(broken.state(), 'closed');
});

test('a service that has no instance, or whose instances refuse, opens nothing: the next one is asked at once', async (t) => {
  const { instance, calls, state, publish } = await single(t);
  instance.kill();
  await calls(25);
  await publish();
  await calls(25);
  assert.equal(state(), 'closed');
});

test('a new instance is asked at once, whatever the old ones did', async (t) => {
  const { behave, calls, publish, state, instance } = await single(t);
  behave(unavailable);
  await calls(20);
  assert.equal(state(), 'open');
  const fresh = await httpInstance(t, well);
  await publish(endpointAt(fresh.port));
  assert.ok((await calls(5)).every((answer) => answer.endsWith('well')));
  await until(() => instance.sockets.size === 0);
});

test('while one call finds out, the others are refused, and a timeout is a failure', async (t) => {
  const { behave, calls, pass, state, asked } = await single(t, {
    ...DEFAULT_TRAFFIC,
    breaker: { ...DEFAULT_TRAFFIC.breaker!, halfOpen: 1 },
    timeout: { ...DEFAULT_TRAFFIC.timeout, requestMs: 60_000, perTryMs: 60_000 },
  });
  behave(unavailable);
  await calls(20);
  pass(5_000);
  behave(() => undefined);
  const probe = calls(1);
  await until(() => asked() === 21);
  behave(well);
  assert.match((await calls(1))[0] ?? '', /breaker-open/);
  pass(61_000);
  assert.match((await probe)[0] ?? '', /response-timeout/);
  assert.equal(state(), 'open');
});

test('calls that are answered late open it too, where the file says what is late; the time of a client counts for nothing', async (t) => {
  const breaker = { ...DEFAULT_TRAFFIC.breaker!, minCalls: 2, slow: { afterMs: 2_000, ratePercent: 100 } };
  const { behave, calls, pass, state, edge, asked } = await single(t, { ...DEFAULT_TRAFFIC, breaker });
  const early: Promise<string>[] = [];
  for (const nth of [1, 2]) {
    const { socket, seen } = client(
      t,
      edge,
      'POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\na',
    );
    early.push(new Promise((resolve) => socket.on('close', () => resolve(seen.text))));
    await until(() => asked() === nth);
    pass(3_000);
    socket.write('b');
    assert.match(await early.at(-1)!, /^HTTP\/1\.1 200 /);
  }
  assert.equal(state(), 'closed');
  behave((_, response) => {
    pass(2_001);
    response.end('late');
  });
  pass(30_000);
  assert.ok((await calls(2)).every((answer) => answer.endsWith('late')));
  assert.equal(state(), 'open');
  const [refused = ''] = await calls(1);
  assert.match(refused, /x-islet-error: breaker-open[\s\S]*too many of the last calls were slow/);
});

test('with the breaker off every call goes on, however many fail', async (t) => {
  const { behave, calls, asked } = await single(t, { ...DEFAULT_TRAFFIC, breaker: undefined });
  behave(unavailable);
  await calls(40);
  assert.equal(asked(), 40);
});
