import assert from 'node:assert/strict';
import { Agent, type RequestListener, request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, until, world } from './world.ts';

/** An instance that answers as a test says at the moment, and counts. */
async function moody(t: TestContext, name: string) {
  let asked = 0;
  let handler: RequestListener = (_, response) => void response.end(name);
  const instance = await httpInstance(t, (incoming, response) => {
    asked++;
    handler(incoming, response);
  });
  const behave = (next: RequestListener) => {
    handler = next;
  };
  return { ...instance, asked: () => asked, behave, name };
}

async function pair(t: TestContext, traffic = DEFAULT_TRAFFIC) {
  const [bad, good] = [await moody(t, 'bad'), await moody(t, 'good')];
  let now = 1_000_000;
  const made = await world(t, [bad, good], 'http', { now: () => now, traffic });
  const agent = new Agent();
  const call = (method = 'GET') => ask(made.edge, agent, method);
  const isEjected = () => made.plane.readStats().instances.map(({ ejected }) => ejected);
  const pass = (ms: number) => {
    now += ms;
  };
  return { ...made, bad, good, call, isEjected, pass };
}

function ask(port: number, agent: Agent, method: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, method }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve({ status: response.statusCode ?? 0, body });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

/** When a first byte is overdue is found out each second of the machine's, and holds for what is sent from then on. */
const overdueIsKnown = () => new Promise((resolve) => setTimeout(resolve, 1_100));

const fails: RequestListener = (_, response) => void response.writeHead(500).end('broken');
const hangs: RequestListener = () => undefined;

test('of two instances the one that fails five times in a row gets no more, until one request finds it well', async (t) => {
  const { bad, call, isEjected, pass, plane } = await pair(t);
  bad.behave(fails);
  while (!isEjected()[0]) await call();
  assert.equal(bad.asked(), 5);
  for (let count = 0; count < 30; count++) assert.equal((await call()).body, 'good');
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.outlier.consecutive5xx'], 1);
  pass(7_501);
  bad.behave((_, response) => void response.end('well'));
  assert.equal((await call()).body, 'well');
  assert.deepEqual(isEjected(), [false, false]);
});

/** It fails each second request, so never twice in a row. */
function nowAndThen(): RequestListener {
  let count = 0;
  return (_, response) => {
    count++;
    if (count % 2 === 0) response.writeHead(500);
    response.end(`${count}`);
  };
}

test('of two instances the one that fails each second request is ejected for that, and well it comes back', async (t) => {
  const { bad, call, isEjected, pass, plane } = await pair(t);
  bad.behave(nowAndThen());
  for (let count = 0; count < 200 && !isEjected()[0]; count++) await call();
  assert.deepEqual(isEjected(), [true, false]);
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.outlier.failureRate'], 1);
  pass(7_501);
  bad.behave((_, response) => void response.end('well'));
  assert.equal((await call()).body, 'well');
  for (let count = 0; count < 100; count++) await call();
  assert.deepEqual(isEjected(), [false, false], 'what it did before it went is forgotten');
});

test('where both instances fail each second request, it is neither of them', async (t) => {
  const { bad, good, call, isEjected } = await pair(t);
  bad.behave(nowAndThen());
  good.behave(nowAndThen());
  for (let count = 0; count < 200; count++) await call();
  assert.deepEqual(isEjected(), [false, false]);
});

test('a probe that fails costs its client nothing, and the instance stays out for longer', async (t) => {
  const { bad, call, isEjected, pass } = await pair(t);
  bad.behave(fails);
  while (!isEjected()[0]) await call();
  pass(7_501);
  assert.deepEqual(await call(), { status: 200, body: 'good' });
  assert.equal(bad.asked(), 6);
  pass(9_000);
  for (let count = 0; count < 10; count++) await call();
  assert.equal(bad.asked(), 6);
});

test('where an ejected instance refuses the request that was to find out, nothing was sent: any method goes elsewhere', async (t) => {
  const { bad, call, isEjected, pass } = await pair(t);
  bad.behave(fails);
  while (!isEjected()[0]) await call();
  bad.kill();
  // Nothing that can be repeated has come for as long again.
  pass(15_001);
  for (let count = 0; count < 3; count++) assert.deepEqual(await call('POST'), { status: 200, body: 'good' });
});

test('three connections that end without an answer are enough', async (t) => {
  const { bad, call, isEjected } = await pair(t);
  bad.behave(({ socket }) => socket.destroy());
  while (!isEjected()[0]) assert.equal((await call()).body, 'good');
  assert.equal(bad.asked(), 3);
});

test('an instance that hangs while its sibling answers is out as soon as its first byte is overdue', async (t) => {
  const { bad, good, call, isEjected, pass, plane } = await pair(t);
  while (bad.asked() === 0 || good.asked() === 0) await call();
  await overdueIsKnown();
  bad.behave(hangs);
  const waiting: ReturnType<typeof call>[] = [];
  while (!isEjected()[0]) {
    waiting.push(call());
    // Little at a time: none may have timed out by then.
    pass(20);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.equal(plane.readStats().edges[0]?.decisions['traffic.outlier.stall'], 1);
  const asked = bad.asked();
  for (let count = 0; count < 30; count++) assert.equal((await call()).body, 'good');
  assert.equal(bad.asked(), asked);
  // What waits there and can be repeated is asked again, before its timeout.
  let isOver = false;
  const answers = Promise.all(waiting).finally(() => {
    isOver = true;
  });
  while (!isOver) {
    pass(100);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  for (const one of await answers) assert.deepEqual(one, { status: 200, body: 'good' });
});

test('an instance that hangs from its first request on is held against its siblings, who are known', async (t) => {
  const { bad, good, call, isEjected, pass, publish } = await pair(t);
  await publish(endpointAt(good.port));
  for (let count = 0; count < 10; count++) await call();
  await overdueIsKnown();
  bad.behave(hangs);
  await publish(endpointAt(bad.port), endpointAt(good.port));
  const all: ReturnType<typeof call>[] = [];
  while (bad.asked() === 0) {
    const one = call();
    all.push(one);
    await Promise.race([one, until(() => bad.asked() > 0)]);
  }
  // Less than any timeout, and no other request finds it out.
  for (let passed = 0; passed < 4_000 && !isEjected()[0]; passed += 100) {
    pass(100);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal((await call()).body, 'good');
  }
  assert.deepEqual(isEjected(), [true, false]);
  for (const one of await Promise.all(all)) assert.deepEqual(one, { status: 200, body: 'good' });
});

test('what can’t be repeated is waited for, and a late answer does not bring the instance back', async (t) => {
  const { bad, good, call, isEjected, pass } = await pair(t);
  while (bad.asked() === 0 || good.asked() === 0) await call();
  await overdueIsKnown();
  pass(1);
  const released: (() => void)[] = [];
  bad.behave((_, response) => void released.push(() => response.end('late')));
  const waiting: ReturnType<typeof call>[] = [];
  const post = async () => {
    const asked = bad.asked() + good.asked();
    waiting.push(call('POST'));
    await until(() => bad.asked() + good.asked() > asked);
  };
  while (released.length === 0) await post();
  for (const known = good.asked(); good.asked() === known; ) await post();
  // Nothing is sent after that: an answer that comes in time brings it back.
  pass(2_000);
  await until(() => isEjected()[0] === true);
  for (const release of released) release();
  const bodies = (await Promise.all(waiting)).map(({ body }) => body);
  assert.ok(bodies.includes('late'));
  assert.deepEqual(isEjected(), [true, false]);
});

for (const kept of [true, false]) {
  const what = kept ? 'ends a kept connection' : 'resets a new connection';
  test(`while its sibling is ejected, an instance that ${what} is asked again, and not the one that is known to be bad`, async (t) => {
    const { bad, good, call, isEjected } = await pair(t);
    const answer: RequestListener = (_, response) => {
      response.setHeader('connection', kept ? 'keep-alive' : 'close').end('good');
    };
    good.behave(answer);
    bad.behave(fails);
    while (!isEjected()[0]) await call();
    const met = bad.asked();
    good.behave(({ socket }) => {
      good.behave(answer);
      socket.resetAndDestroy();
    });
    assert.deepEqual(await call(), { status: 200, body: 'good' });
    assert.equal(bad.asked(), met);
  });
}

test('the last instance is never ejected, whatever it does', async (t) => {
  const { bad, good, call, isEjected } = await pair(t);
  bad.behave(fails);
  good.behave(fails);
  for (let count = 0; count < 40; count++) await call();
  assert.deepEqual(isEjected().toSorted(), [false, true]);
});

test('a policy that is switched off brings everyone back, and ejects no one', async (t) => {
  const { bad, call, isEjected, change } = await pair(t);
  bad.behave(fails);
  while (!isEjected()[0]) await call();
  await change({ traffic: { ...DEFAULT_TRAFFIC, outlier: undefined } });
  assert.deepEqual(isEjected(), [false, false]);
  for (let count = 0; count < 40; count++) await call();
  assert.deepEqual(isEjected(), [false, false]);
});

test('a probe that hangs is given up for an idempotent request when its first byte is overdue', async (t) => {
  const { bad, call, isEjected, pass } = await pair(t);
  bad.behave(fails);
  while (!isEjected()[0]) await call();
  bad.behave(hangs);
  const before = bad.asked();
  pass(7_501);
  let done = false;
  const probe = call().finally(() => {
    done = true;
  });
  await until(() => bad.asked() > before);
  while (!done) {
    pass(500);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(await probe, { status: 200, body: 'good' });
  assert.deepEqual(isEjected(), [true, false]);
});
