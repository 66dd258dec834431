import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { LIMITS } from '../src/limits.ts';
import { bodyOf, cached, statusOf } from './cache-world.ts';
import { until } from './world.ts';

test('who waited for another is not answered with what is older than its own request', async (t) => {
  const held: (() => void)[] = [];
  const { ask, pass, plane } = await cached(t, (request, response) => {
    const count = held.length;
    held.push(() => {
      response.writeHead(200, { vary: 'Accept-Language', 'cache-control': 'max-age=10, must-revalidate' });
      response.end(`${request.headers['accept-language']} ${count}`);
    });
  });
  const first = ask('/', 'Accept-Language: de\r\n');
  await until(() => held.length === 1);
  held[0]?.();
  await first;
  pass(20_000);
  const other = ask('/', 'Accept-Language: en\r\n');
  await until(() => held.length === 2);
  const second = ask('/', 'Accept-Language: de\r\n');
  await until(() => plane.stats.inFlight === 2);
  held[1]?.();
  assert.match(await other, /en 1/);
  await until(() => held.length === 3);
  held[2]?.();
  assert.match(await second, /de 2/);
});

test('nobody waits for long for what a client is brought that takes nothing of it', async (t) => {
  const body = 'x'.repeat(24 * 1024 ** 2);
  const { ask, edge, seen, plane } = await cached(
    t,
    (_, response) => response.writeHead(200, { 'cache-control': 'max-age=60' }).end(body),
    { maxBodyBytes: 32 * 1024 ** 2, memoryBytes: 64 * 1024 ** 2 },
  );
  const still = connect(edge, '127.0.0.1').pause();
  t.after(() => still.destroy());
  still.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => seen.length === 1);
  const others = [ask(), ask()];
  await until(() => plane.stats.inFlight === 3);
  for (const answer of others) assert.ok((await answer).length > body.length);
  assert.equal(bodyOf(await ask()).length, body.length);
});

test('however many are served what is past its time, one asks for the next, also of those who say who they are', async (t) => {
  const held: (() => void)[] = [];
  const { ask, seen, pass, plane } = await cached(t, (_, response) => {
    response.setHeader('cache-control', 'public, max-age=10, stale-while-revalidate=60');
    if (seen.length === 1) response.end('old');
    else held.push(() => response.end('new'));
  });
  await ask();
  pass(20_000);
  for (const fields of ['Authorization: a\r\n', 'Authorization: b\r\n', ''])
    assert.equal(statusOf(await ask('/', fields)), 'hit; ttl=-10');
  await until(() => held.length === 1);
  held[0]?.();
  await until(() => plane.stats.inFlight === 0);
  assert.match(await ask(), /new/);
  assert.equal(seen.length, 2);
});

test('a service that fails is not asked for the next one by each who is served what is past its time', async (t) => {
  const { ask, seen, pass, plane } = await cached(t, (_, response) => {
    if (seen.length === 2) response.writeHead(500).end();
    else response.writeHead(200, { 'cache-control': 'max-age=10, stale-while-revalidate=60' }).end(`${seen.length}`);
  });
  await ask();
  pass(20_000);
  for (let count = 0; count < 3; count++) {
    assert.equal(bodyOf(await ask()), '1');
    await until(() => plane.stats.inFlight === 0);
  }
  assert.equal(seen.length, 2);
  pass(LIMITS.notStorableMs);
  assert.equal(bodyOf(await ask()), '1');
  await until(() => plane.stats.inFlight === 0);
  assert.equal(bodyOf(await ask()), '3');
});
