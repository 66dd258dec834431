import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type TestContext, test } from 'node:test';
import type { CacheSpec } from '@islet/spec';
import { Changes } from '../src/cache/changes.ts';
import { LIMITS } from '../src/limits.ts';
import { bodyOf, cached, statusOf } from './cache-world.ts';
import { until } from './world.ts';

/** `GET` is answered when a test says so, and everything else at once. */
async function slow(t: TestContext, spec: Partial<CacheSpec> = {}) {
  const gets: ServerResponse[] = [];
  const made = await cached(
    t,
    (request, response) => {
      response.setHeader('cache-control', 'max-age=10');
      if (request.method === 'GET') gets.push(response);
      else response.writeHead(204).end();
    },
    spec,
  );
  const getsCome = (count: number) => until(() => gets.length === count);
  const post = (target: string) => made.ask(target, 'Content-Length: 0\r\n', 'POST');
  return { ...made, gets, getsCome, post };
}

test('what was asked for before an unsafe request is not kept after it: the service may have said it before', async (t) => {
  const { ask, post, gets, getsCome } = await slow(t);
  const first = ask('/a');
  const other = ask('/b');
  await getsCome(2);
  await post('/a');
  for (const get of gets) get.end('old');
  await Promise.all([first, other]);
  assert.match(statusOf(await ask('/b')) ?? '', /^hit/);
  const second = ask('/a');
  await getsCome(3);
  gets[2]?.end('new');
  assert.match(await second, /new/);
});

test('who asks after an unsafe request does not wait for what was asked for before it', async (t) => {
  const { ask, post, gets, getsCome, plane } = await slow(t);
  const before = ask('/a');
  await getsCome(1);
  await post('/a');
  const after = [ask('/a')];
  await getsCome(2);
  after.push(ask('/a'), ask('/a'));
  await until(() => plane.stats.inFlight === 4);
  gets[1]?.end('new');
  for (const answer of after) assert.match(await answer, /new/);
  gets[0]?.end('old');
  assert.match(await before, /old/);
  assert.match(await ask('/a'), /new/);
  assert.equal(gets.length, 2);
});

test('those who waited for what was asked for before a change ask anew, and one of them goes for all', async (t) => {
  const { ask, post, gets, getsCome, plane } = await slow(t);
  const first = ask('/a');
  await getsCome(1);
  const others = [ask('/a'), ask('/a')];
  await until(() => plane.stats.inFlight === 3);
  await post('/a');
  gets[0]?.end('old');
  await first;
  await getsCome(2);
  gets[1]?.end('new');
  for (const answer of others) assert.match(await answer, /new/);
  assert.equal(gets.length, 2);
});

test('what is confirmed after a purge was asked for before it, and is not kept', async (t) => {
  const { ask, gets, getsCome, pass, plane } = await slow(t);
  const first = ask();
  await getsCome(1);
  gets[0]?.writeHead(200, { etag: '"a"' }).end('body');
  await first;
  pass(10_000);
  const second = ask();
  await getsCome(2);
  assert.equal(plane.purge({ service: 'orders' }), 1);
  gets[1]?.writeHead(304, { etag: '"a"' }).end();
  assert.equal(bodyOf(await second), 'body');
  const third = ask();
  await getsCome(3);
  gets[2]?.end('new');
  assert.equal(statusOf(await third), 'fwd=uri-miss; fwd-status=200; stored');
});

test('what was purged meanwhile is not used where the service fails', async (t) => {
  const { ask, gets, getsCome, pass, plane } = await slow(t, { staleIfErrorMs: 60_000 });
  const first = ask();
  await getsCome(1);
  gets[0]?.end('body');
  await first;
  pass(10_000);
  const second = ask();
  await getsCome(2);
  plane.purge({ service: 'orders' });
  gets[1]?.writeHead(500).end('broken');
  assert.match(await second, /^HTTP\/1\.1 500 /);
});

test('a 304 has the last word: what it says is no longer to be kept is not, and its client is told so', async (t) => {
  for (const field of ['Cache-Control: no-store', 'Set-Cookie: session=1']) {
    const [name = '', value = ''] = field.split(': ');
    const { ask, gets, getsCome, pass } = await slow(t);
    const first = ask();
    await getsCome(1);
    gets[0]?.writeHead(200, { etag: '"a"' }).end('body');
    await first;
    pass(10_000);
    const second = ask();
    await getsCome(2);
    gets[1]?.writeHead(304, { etag: '"a"', [name]: value, age: '3' }).end();
    const confirmed = await second;
    assert.equal(bodyOf(confirmed), 'body');
    assert.match(confirmed, new RegExp(`\r\n${field}\r\n`));
    assert.equal(confirmed.match(/\r\nage: /gi)?.length, 1);
    const third = ask();
    await getsCome(3);
    gets[2]?.end();
    assert.match(statusOf(await third) ?? '', /^fwd=uri-miss/);
  }
});

test('of more changes than are known by their targets, what was asked for before them is not kept', () => {
  const changes = new Changes();
  const before = changes.moment;
  changes.note('/a');
  const after = changes.moment;
  assert.deepEqual(
    [changes.since(before, '/a'), changes.since(after, '/a'), changes.since(before, '/b')],
    [true, false, false],
  );
  for (let count = 1; count < LIMITS.changedTargets; count++) changes.note(`/${count}`);
  assert.deepEqual([changes.since(before, '/a'), changes.since(before, '/b')], [true, false]);
  changes.note('/one-more');
  assert.deepEqual(
    [changes.since(before, '/a'), changes.since(before, '/b'), changes.since(after, '/b')],
    [true, true, false],
  );
  changes.noteAll();
  assert.deepEqual([changes.since(after, '/b'), changes.since(changes.moment, '/b')], [true, false]);
});
