import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import { test } from 'node:test';
import type { RequestRecord } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { CACHE } from './cache-world.ts';
import { client } from './clocked.ts';
import { answers, get, LINE, service, tokens, well } from './fates-world.ts';
import { endpointAt, httpInstance, rawInstance, send, tableOf, until, world } from './world.ts';

/* Each thing that a rule can do to a request stands in its answer for who may ask, and in the log: rule, counters, line. */

test('retried: after an answer, from the budget', async (t) => {
  const { ask, told } = await service(t, { traffic: { retry: DEFAULT_TRAFFIC.retry }, handlers: [answers(503), well] });
  assert.deepEqual(await told(await ask()), [
    `traffic.retry (retry 1 of 1 after unavailable; budget 1 of 10+20% of 1 requests) ${LINE}`,
  ]);
});

test('retried: where nobody took the connection, for nothing', async (t) => {
  const { ask, told, instances } = await service(t, { handlers: [well, well] });
  instances[0]?.kill();
  assert.deepEqual(await told(await ask()), [
    'traffic.retry (again after refused, which costs nothing of the budget) default',
  ]);
});

test('not retried: the budget is spent', async (t) => {
  const retry = { ...DEFAULT_TRAFFIC.retry, budgetPercent: 0 } as TrafficSpec['retry'];
  const traffic = { retry, outlier: undefined, breaker: undefined };
  const { ask, told, records } = await service(t, { traffic, handlers: [answers(503), answers(503)] });
  for (let count = 0; count < 10; count++) await ask();
  records.length = 0;
  assert.deepEqual(await told(await ask()), ['traffic.retry.budget (10 of 10+0% of 11 requests) default']);
});

test('ejected: by errors in a row, and for how long', async (t) => {
  const { ask, told, records } = await service(t, { handlers: [answers(502), well], traffic: { breaker: undefined } });
  await ask();
  await ask();
  records.length = 0;
  assert.deepEqual(await told(await ask()), [
    'traffic.outlier.consecutiveGateway (3 of 3 gateway errors in a row; it is asked nothing for 5000 ms) default',
  ]);
});

test('ejected: by the share of its requests that fail, beside that of the others', async (t) => {
  let count = 0;
  const second: RequestListener = (_, response) => void response.writeHead(count++ % 2 === 0 ? 500 : 200).end();
  const outlier = { ...DEFAULT_TRAFFIC.outlier, minCalls: 4 } as TrafficSpec['outlier'];
  const balance = { ...DEFAULT_TRAFFIC.balance, algorithm: { kind: 'round-robin' } } as const;
  const { ask, told, records } = await service(t, { handlers: [second, well], traffic: { outlier, balance } });
  for (let asked = 0; asked < 20 && records.every(({ decisions }) => decisions.length === 0); asked++) {
    const answer = await ask();
    await until(() => records.length > asked);
    if (records.at(-1)?.decisions.length === 0) continue;
    const [text = ''] = await told(answer, asked + 1);
    assert.match(
      text,
      /failureRate \(\d of \d+ requests failed within 30 s \(50% eject it\), of its siblings' 0 of \d+; /,
    );
    return;
  }
  assert.fail('it was never ejected');
});

test('shed: how many were accepted of how many', async (t) => {
  const refuses: RequestListener = (_, response) => void response.writeHead(503, { 'Retry-After': '1' }).end();
  const traffic = { admission: DEFAULT_TRAFFIC.admission, retry: undefined };
  const { ask, told, records } = await service(t, { handlers: [refuses], traffic });
  for (let count = 0; count < 20; count++) await ask();
  records.length = 0;
  assert.deepEqual(await told(await ask()), [
    `traffic.admission (of 21 requests in 120 s, 0 were accepted: of priority normal, 90% are shed) ${LINE}`,
  ]);
});

test('limited: how many at once, and when the next', async (t) => {
  const rateLimit = [{ rps: 2, burst: 1, by: { kind: 'client' } }] as const;
  const { ask, told } = await service(t, { traffic: { rateLimit } });
  await ask();
  assert.deepEqual(await told(await ask(), 2), [
    `traffic.rateLimit (none left of 1 at once and 2 a second; the next in 500 ms) ${LINE}`,
  ]);
});

test('fell back: to an answer that the file holds', async (t) => {
  const to = { kind: 'respond', status: 200, type: 'text/plain', body: 'instead', file: undefined } as const;
  const fallback = { unanswered: true, statuses: [500], to };
  const { ask, told } = await service(t, { traffic: { fallback }, handlers: [answers(500)] });
  assert.deepEqual(await told(await ask()), [`traffic.fallback (it answered 500) ${LINE}`]);
});

test('fell back: to another service, which is told together with what it stands in for', async (t) => {
  const records: RequestRecord[] = [];
  const [bad, other] = [await httpInstance(t, answers(500)), await httpInstance(t, well)];
  const fallback = { unanswered: true, statuses: [500], to: { kind: 'service', service: 'archive' } } as const;
  const sink = { write: (line: string) => void records.push(JSON.parse(line)) };
  const { plane, gateway, listeners } = await world(t, [bad], 'http', { sink, tokens });
  const traffic = { ...DEFAULT_TRAFFIC, fallback };
  const table = tableOf({
    version: 9,
    listeners,
    endpoints: [endpointAt(bad.port)],
    traffic,
    lines: { 'traffic.fallback': LINE },
  });
  const archive = tableOf({ listeners, endpoints: [endpointAt(other.port, 'archive-a.0-1')] }).services.orders;
  assert.ok(archive);
  await plane.apply({ ...table, services: { ...table.services, archive } });
  const answer = await send(gateway, get());
  const header = /^x-islet-explain: (.*)\r$/im.exec(answer)?.[1] ?? '';
  assert.match(
    header,
    new RegExp(
      `; tries=orders-[^;]*=500; traffic.fallback \\(it answered 500\\) from ${LINE}; tries=archive-a.0-1=200$`,
    ),
  );
});

for (const [rule, key, spec] of [
  ['traffic.cache.staleWhileRevalidate', 'stale-while-revalidate', { staleWhileRevalidateMs: 5_000 }],
  ['traffic.cache.staleIfError', 'stale-if-error', { staleIfErrorMs: 5_000 }],
] as const) {
  test(`served stale: since when, and for how long, by ${key} of the file or of the response`, async (t) => {
    let calls = 0;
    const once =
      (cacheControl: string): RequestListener =>
      (_, response) => {
        response.sendDate = false;
        const isFirst = calls++ === 0;
        response.writeHead(isFirst ? 200 : 500, isFirst ? { 'Cache-Control': cacheControl } : {}).end();
      };
    const traffic = { cache: { ...CACHE, ...spec }, outlier: undefined, breaker: undefined };
    const served = async (cacheControl: string) => {
      calls = 0;
      const { ask, told, pass, records } = await service(t, { traffic, handlers: [once(cacheControl)] });
      await ask();
      pass(3_000);
      records.length = 0;
      const [own] = await told(await ask());
      return own;
    };
    assert.equal(
      await served('max-age=1'),
      `${rule} (it passed its time 2000 ms ago, and is used for 5000 ms) default`,
    );
    assert.equal(
      await served(`max-age=1, ${key}=9`),
      `${rule} (it passed its time 2000 ms ago, and is used for 9000 ms) the response's own Cache-Control`,
    );
  });
}

test('timed out: in all, of one try, and by its caller', async (t) => {
  const timeout = { ...DEFAULT_TRAFFIC.timeout, requestMs: 3_000, perTryMs: 1_000 };
  const asked: string[] = [];
  const hangs: RequestListener = (incoming) => void asked.push(incoming.url ?? '');
  const { told, pass, gateway } = await service(t, {
    traffic: { timeout, outlier: undefined },
    handlers: [hangs, hangs],
  });
  const answer = send(gateway, get());
  for (const ms of [1_001, 2_001]) {
    const before = asked.length;
    await until(() => asked.length > before || asked.length === 2);
    pass(ms);
  }
  assert.deepEqual((await told(await answer)).toSorted(), [
    'traffic.retry (retry 1 of 1 after slow; budget 1 of 10+20% of 1 requests) default',
    'traffic.timeout.perTry (no response within 1000 ms) default',
    'traffic.timeout.request (no instance sent a response in time: 3000 ms) default',
  ]);
});

test('timed out: its caller had no more time', async (t) => {
  const asked: string[] = [];
  const hangs: RequestListener = (incoming) => void asked.push(incoming.url ?? '');
  const { pass, edge, records } = await service(t, { handlers: [hangs] });
  const answer = send(edge, 'GET / HTTP/1.1\r\nHost: h\r\nx-islet-deadline-ms: 200\r\nConnection: close\r\n\r\n');
  await until(() => asked.length > 0);
  pass(201);
  await answer;
  await until(() => records.length > 0);
  assert.deepEqual(
    records.flatMap(({ decisions }) => decisions.map(({ rule, why, from }) => [rule, why, from])),
    [
      [
        'deadline',
        'the caller has no time left: it gave 200 ms',
        "the caller's own x-islet-deadline-ms or grpc-timeout",
      ],
    ],
  );
});

test('timed out: no more of its response came', async (t) => {
  const part: RequestListener = (_, response) => void response.writeHead(200, { 'Content-Length': '9' }).write('part');
  const { pass, gateway, records } = await service(t, { handlers: [part] });
  const { seen } = client(t, gateway, get());
  await until(() => seen.text.endsWith('part'));
  pass(300_001);
  await until(() => seen.ended && records.length > 0);
  assert.deepEqual(
    records.flatMap(({ error, decisions }) => [error, ...decisions.map(({ rule, why }) => `${rule} (${why})`)]),
    ['response-cut', 'traffic.timeout.idle (no more of the response came: 300000 ms)'],
  );
});

const UPGRADE = 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n';

for (const [what, protocol, bytes] of [
  ['an upgraded connection', 'http', UPGRADE],
  ['a connection that is passed through', 'tcp', 'ping'],
] as const) {
  test(`timed out: ${what} over which nothing went`, async (t) => {
    const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: a\r\n\r\n';
    const instance = await rawInstance(t, (socket) => void socket.once('data', () => socket.write(switched)));
    const records: RequestRecord[] = [];
    let now = 1_000;
    const sink = { write: (line: string) => void records.push(JSON.parse(line)) };
    const made = await world(t, [instance], protocol, { sink, now: () => now });
    const { seen } = client(t, protocol === 'http' ? made.gateway : made.edge, bytes);
    await until(() => seen.text.includes('101'));
    now += 300_001;
    await until(() => seen.ended && records.length > 0);
    assert.deepEqual(
      records.flatMap(({ kept, decisions }) => [kept, ...decisions.map(({ rule, why }) => `${rule} (${why})`)]),
      ['decision', 'traffic.timeout.idle (nothing came from either side for 300000 ms)'],
    );
  });
}

test('refused: too many wait, or one has waited too long, with how many are in flight', async (t) => {
  const limits = { ...DEFAULT_TRAFFIC.limits, requests: 1, pending: 1 };
  const asked: string[] = [];
  const hangs: RequestListener = (incoming) => void asked.push(incoming.url ?? '');
  const { ask, told, pass, gateway, records, plane } = await service(t, { traffic: { limits }, handlers: [hangs] });
  void send(gateway, get());
  const second = send(gateway, get());
  await until(() => asked.length === 1 && plane.readStats().edges.some(({ waiting }) => waiting === 1));
  assert.deepEqual(await told(await ask()), [
    'traffic.limits.pending (too many requests wait already: 1 may wait; 1 are in flight (at most 1), and 1 wait) default',
  ]);
  records.length = 0;
  pass(1_001);
  assert.deepEqual(await told(await second), [
    'traffic.limits.queue (no place became free in time: 1000 ms; 1 are in flight (at most 1), and 1 wait) default',
  ]);
});

test('refused: the breaker is open, by what, and for how long', async (t) => {
  const breaker = { ...DEFAULT_TRAFFIC.breaker, minCalls: 2 } as TrafficSpec['breaker'];
  const { ask, told, records } = await service(t, {
    traffic: { breaker, outlier: undefined },
    handlers: [answers(502)],
  });
  await ask();
  await ask();
  records.length = 0;
  assert.deepEqual(await told(await ask()), [
    `traffic.breaker (2 of 2 calls failed in 30 s (50% open it); refused for 5000 ms more) ${LINE}`,
  ]);
});

test('refused: it is larger than the file allows', async (t) => {
  const limits = { ...DEFAULT_TRAFFIC.limits, sizes: { ...DEFAULT_TRAFFIC.limits.sizes, requestBody: 1_024 } };
  const { told, gateway } = await service(t, { traffic: { limits } });
  const answer = await send(gateway, get('Content-Length: 2000\r\n').replace('GET', 'POST'));
  assert.deepEqual(await told(answer), ['traffic.limits.requestBody (2000 bytes are more than 1024) default']);
});
