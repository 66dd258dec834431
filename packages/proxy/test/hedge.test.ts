import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { client } from './clocked.ts';
import { httpInstance, send, until, world } from './world.ts';

const HEDGED: TrafficSpec = { ...DEFAULT_TRAFFIC, hedge: { delayMs: 1 } };

/** Two instances that answer when a test says so, in the order in which they were asked. */
async function pair(t: TestContext, traffic = HEDGED) {
  const asked: ServerResponse[] = [];
  const instances = [0, 1].map(() => httpInstance(t, (_, response) => void asked.push(response)));
  const made = await world(t, await Promise.all(instances), 'http', { traffic });
  const call = (method = 'GET') =>
    send(made.edge, `${method} / HTTP/1.1\r\nHost: o\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
  const askedFor = (count: number) => until(() => asked.length === count);
  const stats = () => made.plane.readStats().edges.find(({ from }) => from.kind === 'edge');
  const settled = () => until(() => made.plane.readStats().instances.every(({ inFlight }) => inFlight === 0));
  return { ...made, call, asked, askedFor, stats, settled };
}

test('where the first instance is slow a second is asked; it is heard, and the first let go', async (t) => {
  const { call, asked, askedFor, stats, settled, plane } = await pair(t);
  const answer = call();
  await askedFor(2);
  asked[1]?.end('second');
  assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*second$/);
  assert.equal(stats()?.decisions['traffic.hedge'], 1);
  assert.equal(stats()?.retries, 1);
  await until(() => asked[0]?.destroyed === true);
  await settled();
  const { instances } = plane.readStats();
  assert.deepEqual(
    instances.map(({ requests }) => requests),
    [1, 1],
  );
  assert.deepEqual(
    instances.map(({ errors }) => errors),
    [{}, {}],
  );
});

test('a request whose body comes after its head is hedged from its end on: the second gets all of it, and is told what time is left', async (t) => {
  const asked: { deadline: unknown; body: string; response: ServerResponse }[] = [];
  const instances = [0, 1].map(() =>
    httpInstance(t, async (request, response) => {
      const one = { deadline: request.headers['x-islet-deadline-ms'], body: '', response };
      asked.push(one);
      for await (const bytes of request) one.body += bytes;
    }),
  );
  let now = 1_000_000;
  const options = { traffic: HEDGED, now: () => now };
  const { edge } = await world(t, await Promise.all(instances), 'http', options);
  const head =
    'PUT / HTTP/1.1\r\nHost: o\r\nContent-Length: 9\r\nx-islet-deadline-ms: 10000\r\nConnection: close\r\n\r\n';
  const { socket, seen } = client(t, edge, `${head}all`);
  await until(() => asked[0]?.body === 'all');
  now += 5_000;
  socket.write(' of it');
  await until(() => asked[1]?.body === 'all of it');
  assert.deepEqual(
    asked.map(({ deadline }) => deadline),
    ['9500', '4750'],
  );
  asked[1]?.response.end('second');
  await until(() => seen.text.endsWith('second'));
});

test('a body too long to be kept is sent to one instance alone', async (t) => {
  let begun = 0;
  const instances = [0, 1].map(() =>
    httpInstance(t, async (request, response) => {
      begun++;
      for await (const _ of request);
      setTimeout(() => response.end(`asked ${begun}`), 20);
    }),
  );
  const { edge } = await world(t, await Promise.all(instances), 'http', { traffic: HEDGED });
  const length = 200_000;
  const head = `PUT / HTTP/1.1\r\nHost: o\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`;
  const { socket, seen } = client(t, edge, head);
  await until(() => begun === 1);
  socket.write('x'.repeat(length));
  await until(() => seen.text.endsWith('asked 1'));
});

test('a first instance that answers sooner after all is heard, and the second let go', async (t) => {
  const { call, asked, askedFor, settled } = await pair(t);
  const answer = call();
  await askedFor(2);
  asked[0]?.end('first');
  assert.match(await answer, /first$/);
  await until(() => asked[1]?.destroyed === true);
  await settled();
});

test('an error of the second is no answer while the first may still give one', async (t) => {
  const { call, asked, askedFor, settled } = await pair(t);
  const answer = call();
  await askedFor(2);
  asked[1]?.writeHead(500).end('broken');
  await until(() => asked[1]?.destroyed === true);
  asked[0]?.end('first');
  assert.match(await answer, /^HTTP\/1\.1 200 [\s\S]*first$/);
  await settled();
});

test('when the first breaks off the second is waited for, and when both do, the retry policy goes on', async (t) => {
  const { call, asked, askedFor, settled, plane } = await pair(t);
  const answer = call();
  await askedFor(2);
  asked[0]?.destroy();
  await until(() => plane.readStats().instances.some(({ errors }) => errors['upstream-reset'] === 1));
  asked[1]?.end('second');
  assert.match(await answer, /second$/);
  await settled();
  const lost = call();
  await askedFor(4);
  asked[2]?.destroy();
  asked[3]?.destroy();
  await askedFor(5);
  asked[4]?.end('third');
  assert.match(await lost, /third$/);
  await settled();
});

test('a client that leaves leaves both', async (t) => {
  const { asked, askedFor, settled, stats, plane } = await pair(t);
  const { listeners } = plane.table ?? { listeners: [] };
  const listener = listeners.find(({ kind }) => kind === 'edge');
  assert.ok(listener?.kind === 'edge');
  const leaving = new AbortController();
  const gone = fetch(`http://127.0.0.1:${listener.port}/`, { signal: leaving.signal }).catch(() => 'gone');
  await askedFor(2);
  leaving.abort();
  assert.equal(await gone, 'gone');
  await settled();
  await until(() => asked.every((response) => response.destroyed));
  assert.equal(stats()?.inFlight, 0);
});

/** How often a request was asked for that has this method, or goes up to another protocol. */
const asksOf = (asked: readonly ServerResponse[], what: string) =>
  asked.filter(({ req }) => (req.headers.upgrade ?? req.method) === what).length;

test('what can not be repeated is not asked twice', async (t) => {
  const { call, asked, askedFor, edge } = await pair(t);
  const posted = call('POST');
  await askedFor(1);
  const upgrade = 'GET / HTTP/1.1\r\nHost: o\r\nConnection: Upgrade, close\r\nUpgrade: other\r\n\r\n';
  const upgraded = send(edge, upgrade);
  await askedFor(2);
  // The second request's time begins later and is over: so is that of those before it.
  const got = call();
  await until(() => asksOf(asked, 'GET') === 2);
  assert.deepEqual([asksOf(asked, 'POST'), asksOf(asked, 'other')], [1, 1]);
  for (const response of asked) response.end('answer');
  for (const answer of [posted, upgraded, got]) assert.match(await answer, /answer$/);
});

test('where nothing is asked again, nothing is asked twice', async (t) => {
  const { call, asked, askedFor, change } = await pair(t, { ...HEDGED, retry: undefined });
  const first = call();
  await askedFor(1);
  await change({ traffic: HEDGED });
  const second = call();
  const asks = () => [...Map.groupBy(asked, ({ req }) => req.headers['x-request-id']).values()].map((of) => of.length);
  await until(() => asks()[1] === 2);
  assert.deepEqual(asks(), [1, 2]);
  for (const response of asked) response.end('answer');
  for (const answer of [first, second]) assert.match(await answer, /answer$/);
});

test('second requests are taken from the retry budget', async (t) => {
  const { call, asked, askedFor, stats } = await pair(t);
  const answers = Array.from({ length: 20 }, () => call());
  const hedged = () => stats()?.decisions['traffic.hedge'] ?? 0;
  await until(() => hedged() + (stats()?.decisions['traffic.retry.budget'] ?? 0) === 20);
  // 10, and a fifth of the requests that had come by then.
  assert.ok(hedged() >= 10 && hedged() <= 14, `${hedged()}`);
  await askedFor(20 + hedged());
  for (const response of asked) response.end('answer');
  for (const answer of answers) assert.match(await answer, /answer$/);
});

test('an instance that breaks off each time is ejected, also where another is heard in its stead', async (t) => {
  const asked = new Map<string, ServerResponse>();
  const instances = ['bad', 'good'].map((name) => {
    return httpInstance(t, (_, response) => {
      asked.set(name, response);
      const bad = asked.get('bad');
      const good = asked.get('good');
      if (bad === undefined || good === undefined) return;
      asked.clear();
      bad.on('close', () => good.end('good')).destroy();
    });
  });
  const { edge, plane } = await world(t, await Promise.all(instances), 'http', { traffic: HEDGED });
  const call = () => send(edge, 'GET / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
  const { consecutiveGateway } = DEFAULT_TRAFFIC.outlier!;
  const isEjected = () => plane.readStats().instances.map(({ ejected }) => ejected);
  for (let count = 1; count <= consecutiveGateway; count++) {
    assert.match(await call(), /good$/);
    await until(() => plane.readStats().instances[0]?.errors['upstream-reset'] === count);
    assert.deepEqual(isEjected(), [count === consecutiveGateway, false]);
  }
});

test('a second instance that answers errors is ejected, though the first is heard in its stead', async (t) => {
  const asked = new Map<string, ServerResponse>();
  const instances = ['bad', 'good'].map((name) => {
    return httpInstance(t, (_, response) => {
      asked.set(name, response);
      const bad = asked.get('bad');
      const good = asked.get('good');
      if (bad === undefined || good === undefined) return;
      asked.clear();
      bad
        .on('close', () => good.end('good'))
        .writeHead(500)
        .end();
    });
  });
  const { edge, plane } = await world(t, await Promise.all(instances), 'http', { traffic: HEDGED, dice: () => 0.99 });
  const { consecutive5xx } = DEFAULT_TRAFFIC.outlier!;
  const bad = () => plane.readStats().instances[0];
  for (let count = 1; count <= consecutive5xx; count++) {
    assert.match(await send(edge, 'GET / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n'), /good$/);
    assert.equal(bad()?.statuses['5xx'], count);
    assert.equal(bad()?.ejected, count === consecutive5xx);
  }
});

test('where there is no other instance, none is asked a second time', async (t) => {
  const asked: ServerResponse[] = [];
  const instance = await httpInstance(t, (_, response) => void asked.push(response));
  const { edge } = await world(t, [instance], 'http', { traffic: HEDGED });
  const call = () => send(edge, 'GET / HTTP/1.1\r\nHost: o\r\nConnection: close\r\n\r\n');
  const first = call();
  await until(() => asked.length === 1);
  // Set after the first one's, so over after it.
  await new Promise((resolve) => setTimeout(resolve, 10));
  const second = call();
  await until(() => asked.length > 1);
  for (const response of asked) response.end('once');
  assert.match((await first) + (await second), /once[\s\S]*once$/);
  assert.equal(asked.length, 2);
});
