import assert from 'node:assert/strict';
import type { RequestListener, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { baking, failed, load, NEW, of } from './warm-world.ts';
import { httpInstance, rawInstance, until, world } from './world.ts';

test('all instances of a revision that bakes end at once under load, and no idempotent request fails', async (t) => {
  const { call, killNew, revision } = await baking(t);
  const answers = await load(1_000, call, (begun) => begun === 300 && killNew());
  assert.deepEqual(failed(answers), []);
  assert.ok(answers.some(({ body }) => body === 'new'));
  assert.ok(answers.filter(({ body }) => body === 'old').length >= 600);
  // Who answered gets the credit, and who did not the blame.
  const [old, young] = [revision('old'), revision('new')];
  assert.equal(old?.statuses['2xx'], answers.filter(({ body }) => body === 'old').length);
  assert.equal(young?.statuses['2xx'], answers.filter(({ body }) => body === 'new').length);
  assert.ok((young?.errors['no-instance-reachable'] ?? 0) > 0);
});

test('what a warm instance answers is told as a decision, with what decided', async (t) => {
  const { call, killNew, decisions, records } = await baking(t);
  assert.equal((await call()).body, 'new');
  assert.deepEqual(decisions(), {});
  killNew();
  // What was sent when it died says nothing of how it is told.
  await call();
  await until(() => records.length > 0);
  records.length = 0;
  const before = decisions()['rollout.bake'] ?? 0;
  assert.equal((await call()).body, 'old');
  await until(() => records.length > 0);
  assert.equal(decisions()['rollout.bake'], before + 1);
  const [told] = records.flatMap((record) => record.decisions);
  assert.equal(told?.rule, 'rollout.bake');
  assert.equal(told?.why, 'no instance of revision new takes a connection: a warm one of revision old is asked');
  assert.match(told?.instance ?? '', /^orders-old/);
});

test('what was not sent goes to a warm instance whatever its method, and costs no budget', async (t) => {
  const { call, killNew, decisions } = await baking(t, { traffic: { ...DEFAULT_TRAFFIC, retry: undefined } });
  killNew();
  for (let count = 0; count < 40; count++) assert.equal((await call({}, 'POST')).body, 'old');
  assert.deepEqual(Object.keys(decisions()), ['rollout.bake']);
});

test('however many instances are dead, the last try of a request is not for one more of them', async (t) => {
  const { call, killNew } = await baking(t, { fresh: 9 });
  killNew();
  assert.equal((await call()).body, 'old');
});

test('the same holds where the first was met by a kept connection that ended', async (t) => {
  // A kept connection that takes a request and ends says nothing of its instance.
  const goes: RequestListener = (incoming, response) => {
    if (incoming.url === '/') response.end('new');
  };
  const { call, killNew, young } = await baking(t, { fresh: 9, onNew: goes });
  const one = young[0];
  assert.ok(one !== undefined);
  await Promise.all(Array.from({ length: 18 }, () => call()));
  const answers = Array.from({ length: 9 }, () => call());
  killNew();
  assert.deepEqual(failed(await Promise.all(answers)), []);
});

test('a service of which only the warm instances are left is served by them, and waits for nobody', async (t) => {
  const { call, change, decisions } = await baking(t);
  await change({ endpoints: [], hold: { maxMs: 60_000, requests: 10 } });
  assert.equal((await call()).body, 'old');
  assert.deepEqual(Object.keys(decisions()), ['rollout.bake']);
});

const ALIVE: readonly { readonly name: string; readonly onNew: RequestListener; readonly status: number }[] = [
  { name: 'answers errors', status: 500, onNew: (_, response) => void response.writeHead(500).end() },
  { name: 'refuses', status: 503, onNew: (_, response) => void response.writeHead(503).end() },
  {
    name: 'asks to be left alone',
    status: 503,
    onNew: (_, response) => void response.writeHead(503, { 'retry-after': '30' }).end(),
  },
  { name: 'resets what it was sent', status: 502, onNew: ({ socket }) => void socket.destroy() },
];

for (const { name, onNew, status } of ALIVE) {
  test(`a revision that ${name} is not spared by the warm ones: that is for the rollback`, async (t) => {
    const { call, revision } = await baking(t, { onNew, traffic: { ...DEFAULT_TRAFFIC, breaker: undefined } });
    for (let count = 0; count < 30; count++) assert.equal((await call()).status, status);
    assert.equal(revision('old')?.requests, 0);
  });
}

test('nor is one that answers too late, or has one instance left', async (t) => {
  const timeout = { ...DEFAULT_TRAFFIC.timeout, requestMs: 200, perTryMs: 100 };
  const held: ServerResponse[] = [];
  const { call, revision, young, pass } = await baking(t, {
    onNew: (_, response) => void held.push(response),
    traffic: { ...DEFAULT_TRAFFIC, timeout },
  });
  const late = call();
  await until(() => (revision('new')?.inFlight ?? 0) > 0);
  const passing = setInterval(() => pass(100), 5);
  assert.equal((await late).status, 504);
  young[0]?.kill();
  assert.equal((await call()).status, 504);
  clearInterval(passing);
  for (const response of held) response.end();
  assert.equal(revision('old')?.requests, 0);
});

test('requests go back to the new revision as soon as it takes connections', async (t) => {
  const { call, killNew, change, pass, warm, revision } = await baking(t);
  killNew();
  assert.equal((await call()).body, 'old');
  const again = await httpInstance(t, NEW);
  await change({ endpoints: [of('new', again)], warm });
  assert.equal((await call()).body, 'new');
  again.kill();
  assert.equal((await call()).body, 'old');
  // Nobody knows of a dead one for longer than a second: then it is asked, and found dead, again.
  const before = revision('new')?.errors['no-instance-reachable'] ?? 0;
  assert.equal((await call()).body, 'old');
  assert.equal(revision('new')?.errors['no-instance-reachable'] ?? 0, before);
  pass(1_001);
  assert.equal((await call()).body, 'old');
  assert.equal(revision('new')?.errors['no-instance-reachable'] ?? 0, before + 1);
});

test('where the warm ones are dead too, the request fails, and soon', async (t) => {
  const { call, killNew, old, decisions } = await baking(t);
  killNew();
  for (const instance of old) instance.kill();
  const { status, body } = await call();
  assert.equal(status, 503);
  assert.match(body, /no-instance-reachable/);
  assert.ok((decisions()['rollout.bake'] ?? 0) <= 6);
});

test('a client that stays with an instance goes back to it after a warm one has answered', async (t) => {
  const sticky = { cookie: 'home', maxAgeMs: undefined };
  const balance = { ...DEFAULT_TRAFFIC.balance, sticky };
  const { call, killNew, change, endpoints } = await baking(t, { traffic: { ...DEFAULT_TRAFFIC, balance } });
  const cookie = (await call()).cookies[0]?.split(';')[0] ?? '';
  assert.match(cookie, /^home=/);
  killNew();
  const stoodIn = await call({ cookie });
  assert.equal(stoodIn.body, 'old');
  assert.deepEqual(stoodIn.cookies, []);
  // A cookie of a warm one would lead nobody to it either.
  await change({ endpoints: [], warm: endpoints });
  assert.equal((await call({ cookie })).status, 503);
});

test('an instance that becomes warm ends what it has, and is drained only when it has left for good', async (t) => {
  const held: (() => void)[] = [];
  const { call, change, endpoints, warm, killNew, plane, young } = await baking(t, {
    onOld: (_, response) => void held.push(() => response.end('old')),
  });
  const drained: string[] = [];
  plane.on('drained', (instance) => drained.push(instance));
  await change({ endpoints: warm, warm: [] });
  const [old] = warm;
  await until(() => drained.length === young.length);
  drained.length = 0;
  const inTime = call();
  await until(() => held.length === 1);
  await change({ endpoints, warm });
  held.pop()?.();
  assert.equal((await inTime).body, 'old');
  assert.deepEqual([drained, plane.inFlight], [[], {}]);
  killNew();
  const last = call();
  await until(() => held.length === 1);
  await change({ endpoints, warm: [] });
  await until(() => drained.length === 1);
  assert.equal(Object.values(plane.inFlight).length, 1);
  held.pop()?.();
  assert.equal((await last).body, 'old');
  await until(() => drained.length === 2);
  assert.ok(old !== undefined && drained.includes(old.instance));
  // It is asked no more.
  assert.equal((await call()).status, 503);
});

test('warm instances have no part in what ejection, panic and balancing look at', async (t) => {
  const { call, plane, revision } = await baking(t, { fresh: 1 });
  for (let count = 0; count < 30; count++) assert.equal((await call()).body, 'new');
  assert.equal(revision('old')?.requests, 0);
  assert.deepEqual(
    plane.readStats().instances.map(({ revision, requests }) => [revision, requests]),
    [
      ['new', 30],
      ['old', 0],
      ['old', 0],
    ],
  );
});

test('a connection to a service that is passed through goes to a warm instance where all others refuse', async (t) => {
  const says = (name: string) => rawInstance(t, (socket) => void socket.end(name));
  const [one, other, old] = [await says('new'), await says('new'), await says('old')];
  const { change, edge, plane } = await world(t, [], 'tcp');
  await change({ endpoints: [of('new', one), of('new', other)], warm: [of('old', old)] });
  const heard = () =>
    new Promise<string>((resolve) => {
      let said = '';
      const socket = connect({ port: edge, host: '127.0.0.1' });
      socket.setEncoding('latin1').on('data', (text: string) => {
        said += text;
      });
      socket.once('close', () => resolve(said));
    });
  assert.equal(await heard(), 'new');
  one.kill();
  for (let count = 0; count < 10; count++) assert.equal(await heard(), 'new');
  other.kill();
  for (let count = 0; count < 10; count++) assert.equal(await heard(), 'old');
  const { edges } = plane.readStats();
  assert.equal(edges.find(({ from }) => from.kind === 'edge')?.decisions['rollout.bake'], 10);
});

test('before it is promoted, the instances of a canary end at once, and its requests are the stable revision’s', async (t) => {
  const traffic = { ...DEFAULT_TRAFFIC, retry: undefined };
  const { call, change, endpoints, warm, killNew, decisions } = await baking(t, { traffic });
  const split = { weights: { old: 50, new: 50 }, stable: 'old', rules: [], mirror: undefined };
  await change({ endpoints: [...endpoints, ...warm], warm: [], split });
  const answers = await load(600, call, (begun) => begun === 200 && killNew());
  assert.deepEqual(failed(answers), []);
  assert.ok(answers.some(({ body }) => body === 'new'));
  assert.deepEqual(Object.keys(decisions()), ['rollout.split']);
});
