import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../src/index.ts';
import { DEFAULT_TRAFFIC } from '../src/traffic.ts';
import { linesOf, ORDERS, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';

test('a file that says nothing of traffic gets the documented defaults', () => {
  const { traffic } = serviceOf(orders(RUN));
  assert.deepEqual(traffic, DEFAULT_TRAFFIC);
  assert.deepEqual(traffic.timeout, { connectMs: 500, requestMs: 15_000, perTryMs: 7_500, idleMs: 300_000 });
});

test('an algorithm alone is the balance, and the section holds what that one looks at', () => {
  const balanceOf = (text: string) => serviceOf(orders(`${RUN}traffic: { balance: ${text} }\n`)).traffic.balance;
  const { algorithm, ...rest } = DEFAULT_TRAFFIC.balance;
  assert.deepEqual(algorithm, { kind: 'least-request', choiceCount: 2 });
  assert.deepEqual(rest, { slowStart: { windowMs: 10_000, fromPercent: 10 }, panicPercent: 50, sticky: undefined });
  assert.deepEqual(balanceOf('round-robin'), { algorithm: { kind: 'round-robin' }, ...rest });
  assert.deepEqual(balanceOf('{ algorithm: peak-ewma, decay: 5s }').algorithm, {
    kind: 'peak-ewma',
    decayMs: 5_000,
    defaultRttMs: 30,
  });
  assert.deepEqual(balanceOf('{ slowStart: off, panic: 0%, sticky: home }'), {
    algorithm,
    slowStart: undefined,
    panicPercent: 0,
    sticky: { cookie: 'home', maxAgeMs: undefined },
  });
});

test('a ring is asked by a client, a header, a cookie or a part of the path', () => {
  const keyOf = (key: string) => {
    const text = `${RUN}traffic: { balance: { algorithm: ring-hash, key: "${key}" } }\n`;
    const { algorithm, slowStart } = serviceOf(orders(text)).traffic.balance;
    assert.equal(slowStart, undefined);
    return algorithm.kind === 'ring-hash' ? algorithm.key : undefined;
  };
  assert.deepEqual(keyOf('client'), { kind: 'client' });
  assert.deepEqual(keyOf('header:X-Tenant'), { kind: 'header', name: 'x-tenant' });
  assert.deepEqual(keyOf('cookie:Cart'), { kind: 'cookie', name: 'Cart' });
  assert.deepEqual(keyOf('path:/carts/{id}'), { kind: 'path', pattern: '/carts/{id}' });
});

test('describe tells what the algorithm looks at, and nothing that it does not', () => {
  const text = `${RUN}traffic: { balance: { algorithm: ring-hash, key: "header:x-tenant" } }\n`;
  const described = describe(serviceOf(orders(text))).filter(({ path }) => path.startsWith('traffic.balance'));
  assert.deepEqual(
    described.map(({ path, value, origin }) => [path.slice('traffic.balance.'.length), value, origin.kind]),
    [
      ['algorithm', 'ring-hash', 'file'],
      ['key', 'header:x-tenant', 'file'],
      ['bound', '150%', 'default'],
      ['panic', '50%', 'default'],
      ['sticky', 'off', 'default'],
    ],
  );
});

test('a timeout alone is the time for the head of the response, and a try gets half of it', () => {
  const service = serviceOf(orders(`${RUN}traffic: { timeout: 3s }\n`));
  assert.deepEqual(service.traffic.timeout, { ...DEFAULT_TRAFFIC.timeout, requestMs: 3_000, perTryMs: 1_500 });
  const described = new Map(describe(service).map(({ path, origin }) => [path, origin]));
  assert.deepEqual(described.get('traffic.timeout.request'), {
    kind: 'file',
    place: { file: ORDERS, line: 2, column: 21 },
  });
  assert.deepEqual(described.get('traffic.timeout.perTry'), { kind: 'derived', from: 'traffic.timeout.request' });
  assert.equal(described.get('traffic.timeout.idle')?.kind, 'default');
});

test('retries can be written out, or switched off', () => {
  const written = serviceOf(orders(`${RUN}traffic: { retry: { attempts: 3, budget: 5%, backoff: { max: 1s } } }\n`));
  assert.deepEqual(written.traffic.retry, {
    attempts: 3,
    budgetPercent: 5,
    on: ['connect-failure', 'reset', 'unavailable'],
    backoff: { baseMs: 25, maxMs: 1_000 },
  });
  const off = serviceOf(orders(`${RUN}traffic: { retry: off }\n`));
  assert.equal(off.traffic.retry, undefined);
  const [leaf] = describe(off).filter(({ path }) => path.startsWith('traffic.retry'));
  assert.deepEqual([leaf?.path, leaf?.value, leaf?.origin.kind], ['traffic.retry', 'off', 'file']);
});

test('hedging is off until declared, and waits for the time of nearly all answers unless told otherwise', () => {
  const hedgeOf = (text: string) => serviceOf(orders(`${RUN}traffic: { hedge: ${text} }\n`)).traffic.hedge;
  assert.equal(serviceOf(orders(RUN)).traffic.hedge, undefined);
  assert.equal(hedgeOf('off'), undefined);
  assert.deepEqual(hedgeOf('{}'), { delayMs: undefined });
  assert.deepEqual(hedgeOf('{ delay: 50ms }'), { delayMs: 50 });
});

test('ejection can be written out, or switched off', () => {
  const written = serviceOf(orders(`${RUN}traffic: { outlier: { base: 2s, maxPercent: 10 } }\n`));
  assert.deepEqual(written.traffic.outlier, {
    consecutive5xx: 5,
    consecutiveGateway: 3,
    failureRatePercent: 50,
    minCalls: 20,
    baseMs: 2_000,
    maxMs: 60_000,
    maxPercent: 10,
  });
  assert.equal(serviceOf(orders(`${RUN}traffic: { outlier: off }\n`)).traffic.outlier, undefined);
});

test('limits that are not written have their defaults', () => {
  const { limits } = serviceOf(orders(`${RUN}traffic: { limits: { requests: 20, queue: 0s } }\n`)).traffic;
  const { sizes, ...places } = limits;
  assert.deepEqual(places, { connections: 1024, pending: 1024, requests: 20, queueMs: 0 });
  assert.ok(Object.values(sizes).every((size) => size === undefined));
  assert.equal(DEFAULT_TRAFFIC.limits.requests, 'auto');
});

test('sizes are limited where that is declared', () => {
  const service = serviceOf(orders(`${RUN}traffic: { limits: { requestBody: 10Mi, responseHeaders: 4Ki } }\n`));
  const { requestBody, responseHeaders, responseBody } = service.traffic.limits.sizes;
  assert.deepEqual([requestBody, responseHeaders, responseBody], [10 * 1024 ** 2, 4096, undefined]);
  const leaf = describe(service).find(({ path }) => path === 'traffic.limits.requestBody');
  assert.deepEqual([leaf?.value, leaf?.origin.kind], ['10Mi', 'file']);
});

test('a rate limit is off until declared, and its burst follows from its rate', () => {
  assert.deepEqual(serviceOf(orders(RUN)).traffic.rateLimit, []);
  const rateOf = (text: string) => serviceOf(orders(`${RUN}traffic: { rateLimit: ${text} }\n`)).traffic.rateLimit;
  assert.deepEqual(rateOf('{ rps: 50 }'), [{ rps: 50, burst: 100, by: { kind: 'client' } }]);
  assert.deepEqual(rateOf('[{ rps: 9 }, { rps: 5, burst: 5, by: header:X-Api-Key }]'), [
    { rps: 9, burst: 18, by: { kind: 'client' } },
    { rps: 5, burst: 5, by: { kind: 'header', name: 'x-api-key' } },
  ]);
});

test('each limit of a list says where it comes from', () => {
  const service = serviceOf(orders(`${RUN}traffic:\n  rateLimit:\n    - { rps: 9 }\n    - { rps: 5, burst: 5 }\n`));
  const origins = new Map(describe(service).map(({ path, origin }) => [path, origin]));
  assert.deepEqual(origins.get('traffic.rateLimit[1].burst'), {
    kind: 'file',
    place: { file: ORDERS, line: 5, column: 24 },
  });
  assert.deepEqual(origins.get('traffic.rateLimit[0].burst'), { kind: 'derived', from: 'traffic.rateLimit[0].rps' });
});

const MISTAKES = [
  {
    section: 'traffic: { retry: off, hedge: {} }',
    line: `${ORDERS}:2:31  value  traffic.hedge: a second request is taken from the retry budget, and retries are off; remove hedge, or retry: off`,
  },
  {
    section: 'traffic: { hedge: { delay: p99 } }',
    line: `${ORDERS}:2:28  value  traffic.hedge.delay: a duration is a whole number and a unit: 500ms, 30s, 2m, 24h, 7d; or p95; found "p99"`,
  },
  {
    section: 'traffic: { fallback: { respond: { body: x, file: y } } }',
    line: `${ORDERS}:2:50  value  traffic.fallback.respond.file: "body" and "file" exclude each other; keep one of them`,
  },
  {
    section: 'traffic: { fallback: { respond: { file: y } } }',
    line: `${ORDERS}:2:41  missing-file  traffic.fallback.respond.file: there is no file "y"; looked for services/orders/y`,
  },
  {
    section: 'traffic: { fallback: { on: [200], respond: { body: x } } }',
    line: `${ORDERS}:2:29  value  traffic.fallback.on[0]: must be at least 400; found 200`,
  },
  {
    section: 'traffic: { fallback: {} }',
    line: `${ORDERS}:2:12  required  traffic.fallback: one of "respond", "service" is required`,
  },
  {
    section: 'api: { protocol: tcp }\ntraffic: { cache: {} }',
    line: `${ORDERS}:3:12  value  traffic.cache: it is for services that speak http, and this one speaks tcp; remove it`,
  },
  {
    section: 'traffic: { compress: { types: [json] } }',
    line: `${ORDERS}:2:32  value  traffic.compress.types[0]: a media type such as application/json, or text/* for all of a kind; found "json"`,
  },
  {
    section: 'traffic: { balance: fastest }',
    line: `${ORDERS}:2:21  value  traffic.balance.algorithm: must be least-request, round-robin, random, ring-hash or peak-ewma; found "fastest"`,
  },
  {
    section: 'traffic: { balance: ring-hash }',
    line: `${ORDERS}:2:21  required  traffic.balance.algorithm: ring-hash needs a key to find the same instance by; add key: client, header:<name>, cookie:<name> or path:/carts/{id}`,
  },
  {
    section: 'traffic: { balance: { algorithm: random, choiceCount: 3 } }',
    line: `${ORDERS}:2:42  value  traffic.balance.choiceCount: random does not look at "choiceCount"; remove it, or balance by least-request`,
  },
  {
    section: 'traffic: { balance: { algorithm: ring-hash, key: client, slowStart: off } }',
    line: `${ORDERS}:2:58  value  traffic.balance.slowStart: ring-hash does not look at "slowStart"; remove it, or balance by least-request, round-robin, random, peak-ewma`,
  },
  {
    section: 'traffic: { balance: { algorithm: ring-hash, key: "path:/carts" } }',
    line: `${ORDERS}:2:50  value  traffic.balance.key: expected client, header:<name>, cookie:<name>, or path: and a path with one {name}; found "path:/carts"`,
  },
  {
    section: 'traffic: { balance: { algorithm: ring-hash, key: client, bound: 100% } }',
    line: `${ORDERS}:2:65  value  traffic.balance.bound: must be from 101% to 1000%; found "100%"`,
  },
  {
    section: 'api: { protocol: tcp }\ntraffic: { balance: { sticky: home } }',
    line: `${ORDERS}:3:31  value  traffic.balance.sticky: the bytes of a tcp service are not looked at, so nothing of a request is known; balance by key: client, or remove it`,
  },
  {
    section: 'traffic: { rateLimit: { burst: 5 } }',
    line: `${ORDERS}:2:23  required  traffic.rateLimit[0].rps: "rps" is required`,
  },
  {
    section: 'traffic: { rateLimit: { rps: 5, by: header } }',
    line: `${ORDERS}:2:37  value  traffic.rateLimit[0].by: expected client, route, header: and the name of a header, or jwt: and the name of a claim; found "header"`,
  },
  {
    section: 'traffic: { limits: { requestHeaders: 1Mi } }',
    line: `${ORDERS}:2:38  value  traffic.limits.requestHeaders: must be at most 32Ki; found "1Mi"`,
  },
  {
    section: 'traffic: { limits: { requests: 0 } }',
    line: `${ORDERS}:2:32  value  traffic.limits.requests: must be at least 1; found 0`,
  },
  {
    section: 'traffic: { breaker: { failureRate: 0% } }',
    line: `${ORDERS}:2:36  value  traffic.breaker.failureRate: must be from 1% to 100%; found "0%"`,
  },
  {
    section: 'traffic: { breaker: { open: 2m } }',
    line: `${ORDERS}:2:29  value  traffic.breaker.open: the first time open is longer than the longest, 1m; at most 1m, or a longer maxOpen`,
  },
  {
    section: 'traffic: { outlier: { base: 2m } }',
    line: `${ORDERS}:2:29  value  traffic.outlier.base: the first time out may be longer than the longest, 1m; at most 1m, or a longer max`,
  },
  {
    section: 'traffic: { outlier: { consecutive5XX: 3 } }',
    line: `${ORDERS}:2:23  unknown-key  traffic.outlier.consecutive5XX: unknown key "consecutive5XX"; did you mean "consecutive5xx"?`,
  },
  {
    section: 'traffic: { retry: never }',
    line: `${ORDERS}:2:19  value  traffic.retry: expected "off" or a section of keys; found "never"`,
  },
  {
    section: 'traffic: { retry: { attempts: 9 } }',
    line: `${ORDERS}:2:31  value  traffic.retry.attempts: must be at most 5; found 9`,
  },
  {
    section: 'traffic: { retry: { budget: 0.2 } }',
    line: `${ORDERS}:2:29  type  traffic.retry.budget: a percentage is a whole number and its sign: 20%; found 0.2; write its sign: 20%`,
  },
  {
    section: 'traffic: { retry: { on: [timeout] } }',
    line: `${ORDERS}:2:26  value  traffic.retry.on[0]: must be connect-failure, reset or unavailable; found "timeout"`,
  },
  {
    section: 'traffic: { retry: { backoff: { base: 1s } } }',
    line: `${ORDERS}:2:38  value  traffic.retry.backoff.base: the first wait may be longer than the longest, 250ms; at most 250ms, or a longer max`,
  },
  {
    section: 'traffic: { timeout: { request: 1s, perTry: 2s } }',
    line: `${ORDERS}:2:44  value  traffic.timeout.perTry: one try may take 2s, and all of them together 1s; at most 1s`,
  },
  {
    section: 'traffic: { timeout: 15 }',
    line: `${ORDERS}:2:21  type  traffic.timeout.request: a duration is a whole number and a unit: 500ms, 30s, 2m, 24h, 7d; found 15; write its unit: 15s`,
  },
  {
    section: 'traffic: { timeouts: 15s }',
    line: `${ORDERS}:2:12  unknown-key  traffic.timeouts: unknown key "timeouts"; did you mean "timeout"?`,
  },
] as const;

for (const { section, line } of MISTAKES) {
  test(`${section} is an error with its place and a remedy`, () => {
    assert.deepEqual(linesOf(orders(`${RUN}${section}\n`)), [line]);
  });
}
