import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { RateLimitSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { httpInstance, send, world } from './world.ts';

async function limited(t: TestContext, by: RateLimitSpec['by'], ...others: readonly RateLimitSpec[]) {
  let asked = 0;
  const instance = await httpInstance(t, (_, response) => {
    asked++;
    response.end('ok');
  });
  let now = 1_000_000;
  const rateLimit = [{ rps: 1, burst: 2, by }, ...others];
  const made = await world(t, [instance], 'http', { now: () => now, traffic: { ...DEFAULT_TRAFFIC, rateLimit } });
  const pass = (ms: number) => {
    now += ms;
  };
  const call = (port: number, fields = '') =>
    send(port, `GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${fields}\r\n`);
  const statuses = async (port: number, ...fields: readonly string[]) => {
    const all = [];
    for (const one of fields) all.push((await call(port, one)).slice(9, 12));
    return all;
  };
  return { ...made, pass, call, statuses, asked: () => asked };
}

test('beyond the burst the answer is 429, with when to come back and the rule, and no instance is asked', async (t) => {
  const { edge, call, statuses, asked, plane } = await limited(t, { kind: 'client' });
  assert.deepEqual(await statuses(edge, '', ''), ['200', '200']);
  const refused = await call(edge);
  assert.match(refused, /^HTTP\/1\.1 429 Too Many Requests\r\n[\s\S]*x-islet-error: rate-limited\r\n/);
  assert.match(refused, /x-islet-explain: traffic\.rateLimit\r\n[\s\S]*Retry-After: 1\r\n/);
  assert.match(refused, /RateLimit-Limit: 2\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 1\r\n/);
  assert.equal(asked(), 2);
  assert.equal(plane.readStats().edges.find(({ from }) => from.kind === 'edge')?.decisions['traffic.rateLimit'], 1);
});

test('an answer says how many more are let through, of the limit that leaves the fewest, and until when all are back', async (t) => {
  const all: RateLimitSpec = { rps: 1, burst: 9, by: { kind: 'route' } };
  const { edge, call, pass } = await limited(t, { kind: 'client' }, all);
  assert.match(
    await call(edge),
    /^HTTP\/1\.1 200 [\s\S]*RateLimit-Limit: 2\r\nRateLimit-Remaining: 1\r\nRateLimit-Reset: 1\r\n/,
  );
  pass(500);
  assert.match(await call(edge), /RateLimit-Limit: 2\r\nRateLimit-Remaining: 0\r\nRateLimit-Reset: 2\r\n/);
});

test('an error of the proxy says it too, since it has cost a token', async (t) => {
  const { edge, call, publish } = await limited(t, { kind: 'client' });
  await publish();
  assert.match(
    await call(edge),
    /^HTTP\/1\.1 503 [\s\S]*x-islet-error: no-ready-instance\r\n[\s\S]*RateLimit-Remaining: 1\r\nRateLimit-Reset: 1\r\n/,
  );
});

test('an instance that says its own limit has the word', async (t) => {
  const own = await httpInstance(t, (_, response) => response.setHeader('RateLimit-Limit', '7').end('ok'));
  const rateLimit: readonly RateLimitSpec[] = [{ rps: 1, burst: 2, by: { kind: 'client' } }];
  const { edge } = await world(t, [own], 'http', { traffic: { ...DEFAULT_TRAFFIC, rateLimit } });
  const answer = await send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
  assert.match(answer, /RateLimit-Limit: 7\r\n/);
  assert.doesNotMatch(answer, /RateLimit-Limit: 2|RateLimit-Remaining/);
});

test('tokens come back at their rate', async (t) => {
  const { edge, statuses, pass } = await limited(t, { kind: 'client' });
  assert.deepEqual(await statuses(edge, '', '', ''), ['200', '200', '429']);
  pass(1_000);
  assert.deepEqual(await statuses(edge, '', ''), ['200', '429']);
});

test('each client has its own: the public by address, a service by its name', async (t) => {
  const { edge, gateway, statuses } = await limited(t, { kind: 'client' });
  assert.deepEqual(await statuses(edge, '', '', ''), ['200', '200', '429']);
  assert.deepEqual(await statuses(gateway, '', '', 'X-Forwarded-For: 1.2.3.4\r\n'), ['200', '200', '429']);
});

test('each value of a header has its own, and whoever sends none counts by address', async (t) => {
  const { gateway, statuses } = await limited(t, { kind: 'header', name: 'x-api-key' });
  const a = 'X-Api-Key: a\r\n';
  assert.deepEqual(await statuses(gateway, a, a, a, 'x-api-key: b\r\n'), ['200', '200', '429', '200']);
  assert.deepEqual(await statuses(gateway, '', '', ''), ['200', '200', '429']);
});

test('by route, all share one', async (t) => {
  const { edge, gateway, statuses } = await limited(t, { kind: 'route' });
  assert.deepEqual(await statuses(edge, '', ''), ['200', '200']);
  assert.deepEqual(await statuses(gateway, ''), ['429']);
});

test('a limit that is lifted holds no longer', async (t) => {
  const { edge, statuses, change } = await limited(t, { kind: 'client' });
  assert.deepEqual(await statuses(edge, '', '', ''), ['200', '200', '429']);
  await change({ traffic: DEFAULT_TRAFFIC });
  assert.deepEqual(await statuses(edge, '', ''), ['200', '200']);
});

test('several limits hold at once, and what one refuses costs nothing of the others', async (t) => {
  const all: RateLimitSpec = { rps: 1, burst: 3, by: { kind: 'route' } };
  const { gateway, edge, statuses, call, pass } = await limited(t, { kind: 'client' }, all);
  assert.deepEqual(await statuses(edge, '', '', '', ''), ['200', '200', '429', '429']);
  assert.deepEqual(await statuses(gateway, '', ''), ['200', '429']);
  pass(1_000);
  assert.deepEqual(await statuses(edge, ''), ['200']);
  assert.match(await call(gateway), /RateLimit-Limit: 3\r\n/);
});
