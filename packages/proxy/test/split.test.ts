import assert from 'node:assert/strict';
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, type RequestListener, request } from 'node:http';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Endpoint, Split } from '@islet/policy';
import { endpointAt, httpInstance, type Instance, rawInstance, send, until, world } from './world.ts';

const OLD: RequestListener = (_, response) => void response.end('old');
const NEW: RequestListener = (_, response) => void response.end('new');
const fails: RequestListener = (_, response) => void response.writeHead(503).end();

function of(revision: string, { port }: Instance): Endpoint {
  return { ...endpointAt(port, `orders-${revision}.0-${port}`), revision };
}

function splitOf(percent: number, rest: Partial<Split> = {}): Split {
  return { weights: { old: 100 - percent, new: percent }, stable: 'old', rules: [], mirror: undefined, ...rest };
}

/** Two instances of the old revision and one of the new. */
async function canary(t: TestContext, split: Split, onNew = NEW) {
  const old = [await httpInstance(t, OLD), await httpInstance(t, OLD)];
  const fresh = await httpInstance(t, onNew);
  const made = await world(t, []);
  const endpoints = [...old.map((instance) => of('old', instance)), of('new', fresh)];
  await made.change({ endpoints, split });
  const agent = new Agent({ keepAlive: true });
  t.after(() => agent.destroy());
  const call = (headers: OutgoingHttpHeaders = {}) => ask(made.edge, agent, headers);
  const revision = (name: string) => made.plane.readStats().revisions.find((it) => it.revision === name);
  const decisions = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions ?? {};
  return { ...made, endpoints, old, fresh, call, revision, decisions };
}

function ask(port: number, agent: Agent, headers: OutgoingHttpHeaders): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, headers }, async (response) => {
      let body = '';
      for await (const chunk of response) body += chunk;
      resolve(response.statusCode === 200 ? body : `${response.statusCode}`);
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function answers(call: () => Promise<string>, times: number): Promise<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (let count = 0; count < times; count++) {
    const answer = await call();
    seen[answer] = (seen[answer] ?? 0) + 1;
  }
  return seen;
}

test('a share is of requests, however many instances a revision has, and changes while connections stay', async (t) => {
  const { call, change, endpoints, old } = await canary(t, splitOf(10));
  const first = await answers(call, 100);
  assert.ok(first.new !== undefined && Math.abs(first.new - 10) <= 2, JSON.stringify(first));
  const sockets = old.map((instance) => [...instance.sockets]);
  await change({ endpoints, split: splitOf(50) });
  const second = await answers(call, 100);
  assert.ok(second.new !== undefined && Math.abs(second.new - 50) <= 2, JSON.stringify(second));
  assert.deepEqual(
    old.map((instance) => [...instance.sockets]),
    sockets,
  );
});

test('without a split the revisions are balanced as instances alike', async (t) => {
  const { call, change, endpoints } = await canary(t, splitOf(0));
  assert.deepEqual(await answers(call, 40), { old: 40 });
  await change({ endpoints, split: undefined });
  const seen = await answers(call, 200);
  assert.ok((seen.new ?? 0) > 20, JSON.stringify(seen));
});

test('a host leads to its revision, whatever its port and its case', async (t) => {
  const rules = [{ kind: 'host', name: 'next.example', value: undefined, revision: 'new' }] as const;
  const { call } = await canary(t, splitOf(0, { rules }));
  assert.equal(await call({ host: 'next.example' }), 'new');
  assert.equal(await call({ host: 'Next.Example.:8080' }), 'new');
  assert.equal(await call({ host: 'example' }), 'old');
  assert.equal(await call({ 'x-next': 'next.example' }), 'old');
});

test('a header or a cookie leads to its revision, whatever the weights, and that is counted', async (t) => {
  const rules = [
    { kind: 'header', name: 'x-preview', value: 'yes', revision: 'new' },
    { kind: 'cookie', name: 'preview', value: undefined, revision: 'new' },
  ] as const;
  const { call, decisions } = await canary(t, splitOf(0, { rules }));
  assert.equal(await call({ 'X-Preview': 'yes' }), 'new');
  assert.equal(await call({ 'x-preview': 'no' }), 'old');
  assert.equal(await call({ cookie: 'a=b; preview=1' }), 'new');
  assert.equal(await call({ cookie: 'mypreview=1' }), 'old');
  assert.deepEqual(decisions(), { 'rollout.rule': 2 });
});

test('a revision without an instance loses no request: another one takes it, and that is counted', async (t) => {
  const { call, change, endpoints, decisions } = await canary(t, splitOf(50));
  await change({ endpoints: endpoints.slice(0, 2), split: splitOf(50) });
  assert.deepEqual(await answers(call, 20), { old: 20 });
  assert.equal(decisions()['rollout.split'], 10);
  await change({ endpoints: endpoints.slice(2), split: splitOf(5) });
  assert.deepEqual(await answers(call, 20), { new: 20 });
});

test('a revision without a share gets only who asks for it, though nobody else is there', async (t) => {
  const rules = [{ kind: 'header', name: 'x-preview', value: undefined, revision: 'new' }] as const;
  const { call, change, endpoints, edge } = await canary(t, splitOf(0, { rules }));
  await change({ endpoints: endpoints.slice(2) });
  assert.deepEqual(await answers(call, 5), { 503: 5 });
  assert.equal(await call({ 'x-preview': '1' }), 'new');
  const told = await send(edge, 'GET / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
  assert.match(told, /no instance of orders whose revision has a share of its requests is ready/);
});

test('what the only instance of the stable revision fails is not asked of one without a share', async (t) => {
  const failing = await httpInstance(t, fails);
  const { call, change, endpoints, revision } = await canary(t, splitOf(0));
  await change({ endpoints: [of('old', failing), ...endpoints.slice(2)] });
  assert.deepEqual(await answers(call, 20), { 503: 20 });
  failing.kill();
  assert.deepEqual(await answers(call, 5), { 503: 5 });
  assert.equal(revision('new')?.requests, 0);
});

test('where nobody of those with a share is there, a warm instance is asked before one without', async (t) => {
  const warm = await httpInstance(t, (_, response) => void response.end('warm'));
  const { call, change, endpoints, old } = await canary(t, splitOf(0));
  await change({ endpoints, warm: [of('older', warm)] });
  for (const instance of old) instance.kill();
  assert.deepEqual(await answers(call, 5), { warm: 5 });
});

test('what the canary fails is answered by the stable revision, and still counts against the canary', async (t) => {
  const { call, revision } = await canary(t, splitOf(30), fails);
  assert.deepEqual(await answers(call, 10), { old: 10 });
  const failed = revision('new');
  assert.equal(failed?.requests, 3);
  assert.equal(failed?.statuses['5xx'], 3);
  assert.equal(revision('old')?.statuses['2xx'], 10);
  assert.equal(revision('old')?.latencyUs.count, 10);
});

test('what one instance of the canary fails is not asked of another one of it', async (t) => {
  const { call, change, endpoints } = await canary(t, splitOf(100), fails);
  const second = await httpInstance(t, fails);
  await change({ endpoints: [...endpoints, of('new', second)] });
  assert.deepEqual(await answers(call, 4), { old: 4 });
});

test('what a revision answered is known when its instances are gone', async (t) => {
  const { call, change, endpoints, revision } = await canary(t, splitOf(50));
  await answers(call, 20);
  await change({ endpoints: endpoints.slice(0, 1), split: undefined });
  assert.equal(revision('new')?.statuses['2xx'], 10);
  assert.equal(revision('old')?.statuses['2xx'], 10);
  assert.equal(revision('new')?.inFlight, 0);
});

/** The new revision gets copies only, and keeps what it was sent. */
async function mirrored(t: TestContext, percent: number, onNew: RequestListener = NEW) {
  const copies: IncomingMessage[] = [];
  const listener: RequestListener = (incoming, response) => {
    copies.push(incoming);
    onNew(incoming, response);
  };
  const made = await canary(t, splitOf(0, { mirror: { revision: 'new', percent } }), listener);
  return { ...made, copies, counts: () => made.revision('new')?.mirrored };
}

test('a mirror gets a marked copy of its share, and its answers reach nobody', async (t) => {
  const { call, copies, counts, revision } = await mirrored(t, 50);
  assert.deepEqual(await answers(() => call({ 'x-islet-mirror': '7' }), 40), { old: 40 });
  await until(() => counts()?.statuses['2xx'] === 20);
  assert.deepEqual(new Set(copies.map(({ headers }) => headers['x-islet-mirror'])), new Set(['1']));
  assert.equal(revision('new')?.requests, 0);
  assert.equal(revision('old')?.mirrored.requests, 0);
  assert.equal(counts()?.latencyUs.count, 20);
});

test('what is not safe is not copied, nor what has a body', async (t) => {
  const { edge, copies, counts } = await mirrored(t, 100);
  for (const head of ['POST /', 'DELETE /', 'PUT /'])
    await send(edge, `${head} HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n`);
  await send(edge, 'GET / HTTP/1.1\r\nHost: o\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx');
  assert.equal(counts()?.requests, 0);
  await send(edge, 'HEAD / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
  await until(() => copies.length === 1);
});

test('a mirror that fails, breaks off or hangs harms no request, is never ejected, and is asked for no more than its limit', async (t) => {
  let turn = 0;
  const { call, plane, counts, decisions } = await mirrored(t, 100, (incoming, response) => {
    turn++;
    if (turn <= 10) response.writeHead(500).end();
    else if (turn <= 20) incoming.socket.destroy();
  });
  assert.deepEqual(await answers(call, 20), { old: 20 });
  await until(() => counts()?.statuses['5xx'] === 10 && (counts()?.errors['upstream-reset'] ?? 0) >= 1);
  assert.deepEqual(await answers(call, 100), { old: 100 });
  await until(() => (counts()?.errors.overloaded ?? 0) > 0);
  assert.ok((counts()?.inFlight ?? 0) <= 64);
  assert.deepEqual(
    plane.readStats().instances.map(({ ejected }) => ejected),
    [false, false, false],
  );
  assert.deepEqual(decisions(), {});
});

test('a mirror gets no copy of what its own revision answers', async (t) => {
  const { call, change, endpoints, counts } = await mirrored(t, 100);
  await change({ endpoints, split: splitOf(100, { mirror: { revision: 'new', percent: 100 } }) });
  assert.deepEqual(await answers(call, 10), { new: 10 });
  assert.equal(counts()?.requests, 0);
});

test('connections to a service that is passed through are shared out too', async (t) => {
  const instances = new Map<string, Instance>();
  for (const name of ['old', 'new']) instances.set(name, await rawInstance(t, (socket) => void socket.end(name)));
  const { change, edge } = await world(t, [], 'tcp');
  const endpoints = [...instances].map(([name, instance]) => of(name, instance));
  await change({ endpoints, split: splitOf(25) });
  let fresh = 0;
  for (let count = 0; count < 20; count++) {
    let said = '';
    const socket = connect({ port: edge, host: '127.0.0.1' });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      said += text;
    });
    await new Promise((resolve) => socket.once('close', resolve));
    if (said === 'new') fresh++;
  }
  await until(() => fresh >= 4);
  assert.ok(fresh <= 6, `${fresh} of 20`);
});
