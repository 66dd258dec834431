import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { bodyOf, cached, counting, statusOf } from './cache-world.ts';
import { endpointAt, send, until } from './world.ts';

test('a response that may be kept answers the next request, with its age, and no instance is asked', async (t) => {
  const { ask, pass, seen, decided } = await cached(t, counting({ 'cache-control': 'max-age=60' }));
  const first = await ask();
  assert.deepEqual(
    [bodyOf(first), statusOf(first)],
    ['6\r\nbody 1\r\n0\r\n\r\n', 'fwd=uri-miss; fwd-status=200; stored'],
  );
  pass(10_000);
  const second = await ask();
  assert.deepEqual([bodyOf(second), statusOf(second)], ['body 1', 'hit; ttl=50']);
  assert.match(second, /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nAge: 10\r\n[\s\S]*Content-Length: 6\r\n/);
  pass(50_000);
  assert.match(await ask(), /body 2/);
  assert.deepEqual([seen.length, decided('traffic.cache')], [2, 1]);
});

test('what says nothing is not kept, unless the file says for how long', async (t) => {
  const silent = await cached(t, counting({}));
  await silent.ask();
  assert.equal(statusOf(await silent.ask()), 'fwd=uri-miss; fwd-status=200');
  const told = await cached(t, counting({}), { freshForMs: 5_000 });
  await told.ask();
  assert.equal(statusOf(await told.ask()), 'hit; ttl=5');
});

test('what is stale is confirmed by its tag, and the client gets the stored body', async (t) => {
  let confirmed = 0;
  const { ask, pass, seen } = await cached(t, (request, response) => {
    const fields = { etag: '"a"', 'cache-control': 'max-age=10', 'x-count': String(seen.length) };
    if (request.headers['if-none-match'] === '"a"') {
      confirmed++;
      response.writeHead(304, fields).end();
    } else response.writeHead(200, fields).end('body');
  });
  await ask();
  pass(10_000);
  const second = await ask();
  assert.equal(bodyOf(second), 'body');
  assert.match(
    second,
    /^HTTP\/1\.1 200 OK\r\n[\s\S]*x-count: 2\r\n[\s\S]*Cache-Status: islet; fwd=stale; fwd-status=304\r\n/,
  );
  assert.equal(confirmed, 1);
  assert.equal(statusOf(await ask()), 'hit; ttl=10');
});

test('a client that has the stored response is told so', async (t) => {
  const { ask, seen } = await cached(t, counting({ 'cache-control': 'max-age=60', etag: '"a"', 'x-other': 'x' }));
  await ask();
  const told = await ask('/', 'If-None-Match: "a"\r\n');
  assert.match(told, /^HTTP\/1\.1 304 Not Modified\r\n/);
  assert.doesNotMatch(told, /x-other|Content-Length/i);
  assert.match(await ask('/', 'If-None-Match: "b"\r\n'), /^HTTP\/1\.1 200 OK\r\n/);
  assert.equal(seen.length, 1);
});

test('responses that vary are kept apart, and those of other callers too', async (t) => {
  const { ask, gateway, seen } = await cached(t, (request, response) => {
    response.writeHead(200, { vary: 'Accept-Language', 'cache-control': 'max-age=60' });
    response.end(`${request.headers['accept-language']} ${request.headers['x-islet-caller'] ?? 'public'}`);
  });
  for (const language of ['de', 'en', 'de', 'en'])
    assert.match(await ask('/', `Accept-Language: ${language}\r\n`), new RegExp(`${language} web`));
  assert.equal(seen.length, 2);
  const other = await send(
    gateway,
    'GET /orders HTTP/1.1\r\nHost: h\r\nAccept-Language: de\r\nConnection: close\r\n\r\n',
  );
  assert.match(other, /de public/);
});

test('of many requests at once for what is not stored, one goes', async (t) => {
  const held: (() => void)[] = [];
  const { ask, seen, plane } = await cached(t, (_, response) => {
    held.push(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('body'));
  });
  const answers = Promise.all(Array.from({ length: 20 }, () => ask()));
  await until(() => held.length === 1 && plane.stats.inFlight === 20);
  held[0]?.();
  assert.ok((await answers).every((answer) => answer.includes('body')));
  assert.equal(seen.length, 1);
});

test('what cannot be kept is asked for side by side from then on', async (t) => {
  const held: (() => void)[] = [];
  const { ask } = await cached(t, (_, response) => void held.push(() => response.end('own')));
  const first = ask();
  await until(() => held.length === 1);
  held[0]?.();
  await first;
  const others = Promise.all([ask(), ask(), ask()]);
  await until(() => held.length === 4);
  for (const end of held) end();
  await others;
});

test('a client that leaves does not take along those who wait for the same', async (t) => {
  const held: (() => void)[] = [];
  const { ask, edge, plane } = await cached(t, (_, response) => {
    held.push(() => response.writeHead(200, { 'cache-control': 'max-age=60' }).end('body'));
  });
  const leaving = connect(edge, '127.0.0.1');
  leaving.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => held.length === 1);
  const others = Promise.all([ask(), ask()]);
  await until(() => plane.stats.inFlight === 3);
  leaving.resetAndDestroy();
  await until(() => held.length === 2);
  held[1]?.();
  assert.ok((await others).every((answer) => answer.includes('body')));
  assert.equal(held.length, 2);
});

test('a response is used past its time while the next one is fetched, where it says so', async (t) => {
  const { ask, pass, seen, decided, plane } = await cached(
    t,
    counting({ 'cache-control': 'max-age=10, stale-while-revalidate=30' }),
  );
  await ask();
  pass(20_000);
  const stale = await ask('/', 'Range: bytes=0-3\r\n');
  assert.deepEqual([bodyOf(stale), statusOf(stale)], ['body', 'hit; ttl=-10']);
  await until(() => seen.length === 2 && plane.stats.inFlight === 0);
  assert.equal(bodyOf(await ask()), 'body 2');
  assert.deepEqual([seen.length, decided('traffic.cache.staleWhileRevalidate')], [2, 1]);
});

test('a response is used past its time where the service fails, or is gone', async (t) => {
  let fails = false;
  const { ask, pass, decided, change, instance } = await cached(t, (_, response) => {
    if (fails) response.writeHead(500).end('broken');
    else response.writeHead(200, { 'cache-control': 'max-age=10, stale-if-error=60' }).end('good');
  });
  await ask();
  pass(30_000);
  fails = true;
  assert.match(await ask(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*good$/);
  instance.kill();
  assert.match(await ask(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*good$/);
  await change({ endpoints: [] });
  assert.match(await ask(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*good$/);
  assert.equal(decided('traffic.cache.staleIfError'), 3);
  pass(60_000);
  assert.match(await ask(), /^HTTP\/1\.1 503 /);
});

test('an unsafe request that succeeds makes what is stored of its target untrue', async (t) => {
  let status = 200;
  const { ask } = await cached(t, (request, response) => {
    if (request.method === 'GET') counting({ 'cache-control': 'max-age=60' })(request, response);
    else response.writeHead(status).end();
  });
  const rows: readonly (readonly [method: string, status: number, forgets: boolean])[] = [
    ...([200, 204, 303, 304] as const).map((status) => ['POST', status, true] as const),
    ...(['PUT', 'PATCH', 'DELETE', 'MKCOL'] as const).map((method) => [method, 200, true] as const),
    ...([400, 404, 500, 503] as const).map((status) => ['POST', status, false] as const),
    ...(['OPTIONS', 'HEAD'] as const).map((method) => [method, 200, false] as const),
  ];
  await ask('/b');
  for (const [method, told, forgets] of rows) {
    status = told;
    await ask('/a');
    await ask('/a', 'Content-Length: 0\r\n', method);
    const after = statusOf(await ask('/a')) ?? '';
    assert.match(after, forgets ? /^fwd=uri-miss/ : /^hit/, `${method} ${told}`);
  }
  assert.match(statusOf(await ask('/b')) ?? '', /^hit/);
  assert.equal(statusOf(await ask('/a', 'Content-Length: 0\r\n', 'POST')), 'fwd=method; fwd-status=200');
});

test('a POST that succeeded drops what is stored of its target also where its answer is too large to be passed on', async (t) => {
  const { ask, change, traffic } = await cached(t, (request, response) => {
    const body = request.method === 'GET' ? 'small' : 'too large';
    response.writeHead(200, { 'Cache-Control': 'max-age=60', 'Content-Length': body.length }).end(body);
  });
  const { limits } = traffic;
  const sizes = { ...limits.sizes, responseBody: 5 };
  await change({ traffic: { ...traffic, limits: { ...limits, sizes } } });
  await ask('/a');
  assert.match(statusOf(await ask('/a')) ?? '', /^hit/);
  assert.match(await ask('/a', 'Content-Length: 0\r\n', 'POST'), /^HTTP\/1\.1 502 [\s\S]*response-too-large/);
  assert.equal(statusOf(await ask('/a')), 'fwd=uri-miss; fwd-status=200; stored');
});

test('a part is served from the whole, and a part alone is never kept', async (t) => {
  const { ask, seen } = await cached(t, (request, response) => {
    const fields = { 'cache-control': 'max-age=60', etag: '"a"' };
    if (request.headers.range) response.writeHead(206, { ...fields, 'content-range': 'bytes 0-1/10' }).end('01');
    else response.writeHead(200, fields).end('0123456789');
  });
  assert.match(await ask('/', 'Range: bytes=0-1\r\n'), /^HTTP\/1\.1 206 /);
  await ask();
  const part = await ask('/', 'Range: bytes=2-4\r\n');
  assert.match(part, /^HTTP\/1\.1 206 Partial Content\r\n[\s\S]*Content-Range: bytes 2-4\/10\r\n/);
  assert.equal(bodyOf(part), '234');
  assert.match(await ask('/', 'Range: bytes=10-\r\n'), /^HTTP\/1\.1 416 [\s\S]*Content-Range: bytes \*\/10\r\n/);
  assert.equal(seen.length, 2);
});

test('HEAD is answered from what GET brought', async (t) => {
  const { ask, pass, seen } = await cached(t, counting({ 'cache-control': 'max-age=60' }));
  await ask();
  pass(5_000);
  const head = await ask('/', '', 'HEAD');
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n[\s\S]*Age: 5\r\n[\s\S]*Content-Length: 6\r\n/);
  assert.equal(bodyOf(head), '');
  assert.equal(seen.length, 1);
});

test('a request has its say: no-cache asks anew, and only-if-cached asks nobody', async (t) => {
  const { ask, seen } = await cached(t, counting({ 'cache-control': 'max-age=60' }));
  assert.match(
    await ask('/', 'Cache-Control: only-if-cached\r\n'),
    /^HTTP\/1\.1 504 [\s\S]*x-islet-error: not-cached\r\n/,
  );
  await ask();
  assert.match(await ask('/', 'Cache-Control: only-if-cached\r\n'), /body 1/);
  assert.match(await ask('/', 'Cache-Control: no-cache\r\n'), /fwd=request; fwd-status=200; stored\r\n[\s\S]*body 2/);
  assert.match(await ask(), /body 2/);
  assert.equal(seen.length, 2);
});

test('what was not read whole is not kept', async (t) => {
  const { ask, seen } = await cached(t, (_, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' });
    response.write('half');
    setTimeout(() => response.destroy(), 5);
  });
  await ask();
  await ask();
  assert.equal(seen.length, 2);
});

test('a body that is too long is passed on, and not kept', async (t) => {
  const long = 'x'.repeat(100_000);
  const { ask, seen } = await cached(t, (_, response) =>
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(long),
  );
  assert.ok((await ask()).includes('x'.repeat(1_000)));
  await ask();
  assert.equal(seen.length, 2);
});

test('the memory has a limit: what was used last stays', async (t) => {
  const body = 'x'.repeat(20_000);
  const { ask } = await cached(
    t,
    (_, response) => response.writeHead(200, { 'cache-control': 'max-age=60' }).end(body),
    {
      memoryBytes: 64 * 1024,
    },
  );
  for (const target of ['/a', '/b', '/a', '/c', '/d']) await ask(target);
  const statuses = [];
  for (const target of ['/d', '/a', '/b']) statuses.push(statusOf(await ask(target))?.slice(0, 3));
  assert.deepEqual(statuses, ['hit', 'hit', 'fwd']);
});

test('a new revision does not answer with what its predecessor said, unless the file says so', async (t) => {
  for (const acrossRevisions of [false, true]) {
    const { ask, change, instance, traffic } = await cached(t, counting({ 'cache-control': 'max-age=60' }), {
      acrossRevisions,
    });
    await ask();
    await change({ endpoints: [{ ...endpointAt(instance.port), instance: 'orders-b.0-1', revision: 'b' }], traffic });
    assert.equal(statusOf(await ask())?.startsWith('hit'), acrossRevisions);
  }
});

test('while requests are shared out among revisions, each is asked', async (t) => {
  const { ask, change, seen } = await cached(t, counting({ 'cache-control': 'max-age=60' }));
  await ask();
  await change({ split: { stable: 'a', weights: { a: 100 }, rules: [], mirror: undefined } });
  assert.equal(statusOf(await ask()), 'fwd=bypass; fwd-status=200');
  assert.equal(seen.length, 2);
});

test('where no cache is declared nothing is kept, and nothing is said of it', async (t) => {
  const { ask, change, seen } = await cached(t, counting({ 'cache-control': 'max-age=60' }));
  await ask();
  await change({ traffic: DEFAULT_TRAFFIC });
  const answer = await ask();
  assert.doesNotMatch(answer, /Cache-Status|Age:/);
  assert.equal(seen.length, 2);
});
