import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { Changes } from '../src/cache/changes.ts';
import { Flights } from '../src/cache/flights.ts';
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

test('of many requests at once for what must be asked for each time, one goes, and all have what it brings', async (t) => {
  const held: (() => void)[] = [];
  const { ask, seen, plane } = await cached(t, (request, response) => {
    const isKnown = request.headers['if-none-match'] === '"a"';
    held.push(() => response.writeHead(isKnown ? 304 : 200, { 'cache-control': 'no-cache', etag: '"a"' }).end());
  });
  for (const round of [1, 2]) {
    const answers = Array.from({ length: 5 }, () => ask());
    await until(() => held.length === round && plane.stats.inFlight === 5);
    held[round - 1]?.();
    const statuses = (await Promise.all(answers)).map((answer) => statusOf(answer)?.replace(/ttl=.*; /, ''));
    assert.equal(statuses.filter((status) => status === 'hit; collapsed').length, 4, `${statuses}`);
  }
  assert.equal(seen.length, 2);
});

for (const [what, fields] of [
  ['says who it is', 'Authorization: me\r\n'],
  ['wants a part', 'Range: bytes=0-1\r\n'],
  ['asks about its own copy by a tag', 'If-None-Match: "b"\r\n'],
  ['asks about its own copy by a date', 'If-Modified-Since: Sat, 28 Nov 2026 00:00:00 GMT\r\n'],
  ['wants nothing stored', 'Cache-Control: no-store\r\n'],
] as const) {
  test(`nobody waits for a request that ${what}, and it waits for nobody`, async (t) => {
    const held: (() => void)[] = [];
    const { ask } = await cached(t, (_, response) => {
      held.push(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('whole'));
    });
    const answers = [ask('/', fields)];
    await until(() => held.length === 1);
    answers.push(ask());
    await until(() => held.length === 2);
    answers.push(ask('/', fields));
    await until(() => held.length === 3);
    for (const answer of held) answer();
    for (const answer of answers) assert.match(await answer, /whole/);
  });
}

const keyOf = (target: string) => ({ text: target, target });

test('so many wait for one, and no more', () => {
  const flights = new Flights(new Changes());
  const key = keyOf('/');
  const flight = flights.tryLead(key, 0)!;
  let landed = 0;
  const follower = () => ({ onLanded: () => void landed++ });
  for (let count = 0; count < LIMITS.cacheFollowers; count++) assert.equal(flights.tryFollow(key, follower()), flight);
  assert.equal(flights.tryFollow(key, follower()), undefined);
  flights.land(flight, 'stored', 0);
  assert.equal(landed, LIMITS.cacheFollowers);
});

test('of so many targets it is known that nothing of them is stored, and no longer than a while', () => {
  const flights = new Flights(new Changes());
  const lands = (target: string) => flights.land(flights.tryLead(keyOf(target), 0)!, 'not-stored', 0);
  lands('first');
  for (let count = 1; count < LIMITS.notStorableKeys; count++) lands(`${count}`);
  assert.equal(flights.mayLead(keyOf('first'), LIMITS.notStorableMs - 1), false);
  lands('one more');
  assert.equal(flights.mayLead(keyOf('first'), 0), true);
  assert.equal(flights.mayLead(keyOf('1'), LIMITS.notStorableMs - 1), false);
  assert.equal(flights.mayLead(keyOf('1'), LIMITS.notStorableMs), true);
});
