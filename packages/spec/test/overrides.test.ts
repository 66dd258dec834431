import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, parseSystem, type TrafficOverride } from '../src/index.ts';
import { DEFAULT_TRAFFIC } from '../src/traffic.ts';
import { ORDERS } from './helpers.ts';
import { memoryFiles } from './memory-files.ts';

/** The service `orders` with this section, which `web` uses, and `app` does not. */
function parse(traffic: string, { expose = false, protocol = 'http' } = {}) {
  const api = `api: { protocol: ${protocol}${expose ? ', expose: /orders' : ''} }`;
  return parseSystem(
    memoryFiles({
      'islet.yaml': 'system: shop\n',
      [ORDERS]: `run: { command: x }\n${api}\ntraffic:\n${traffic}`,
      'services/web/service.yaml': 'run: { command: x }\nuses: [orders]\n',
      'services/app/service.yaml': 'run: { command: x }\n',
    }),
  );
}

function ordersOf(traffic: string, options = {}) {
  const result = parse(traffic, options);
  assert.deepEqual(result.kind === 'errors' ? result.errors : [], []);
  assert(result.kind === 'ok');
  const orders = result.spec.services.find(({ name }) => name === 'orders');
  assert(orders !== undefined);
  return orders;
}

function linesOf(traffic: string, options = {}): readonly string[] {
  const result = parse(traffic, options);
  const errors = result.kind === 'errors' ? result.errors : [];
  return errors.map(({ place, path, message, hint }) => `${place.line}:${place.column} ${path}: ${message}; ${hint}`);
}

/** What is otherwise for whom, with the values of interest. */
function overrides(traffic: string): readonly Partial<TrafficOverride>[] {
  return ordersOf(traffic).traffic.overrides.map(({ at, caller, route, changes, policy }) => {
    return { at, caller, route, changes, policy };
  });
}

const { timeout } = DEFAULT_TRAFFIC;

test('a route inherits key by key, and what follows from a value follows from its own', () => {
  const [first, ...rest] = overrides(
    '  timeout: { connect: 1s }\n  routes:\n    - match: POST /orders/{id}\n      timeout: 4s\n',
  );
  assert.deepEqual(rest, []);
  assert.deepEqual(first, {
    at: ['routes', 0],
    caller: undefined,
    route: { method: 'POST', path: '/orders/{id}' },
    changes: ['timeout'],
    policy: { timeout: { ...timeout, connectMs: 1_000, requestMs: 4_000, perTryMs: 2_000 } },
  });
});

test('where a caller and a route change the same section, one for both follows; where they do not, none', () => {
  const all = overrides(
    '  routes:\n    - { match: /slow, timeout: { request: 9s }, retry: off }\n    - { match: /other, breaker: off }\n' +
      '  callers:\n    web: { timeout: { connect: 2s } }\n',
  );
  assert.deepEqual(
    all.map(({ at, caller, route, changes }) => [at?.join('.'), caller, route?.path, changes]),
    [
      ['routes.0', undefined, '/slow', ['timeout', 'retry']],
      ['routes.1', undefined, '/other', ['breaker']],
      ['callers.web', 'web', undefined, ['timeout']],
      [undefined, 'web', '/slow', ['timeout']],
    ],
  );
  assert.deepEqual(all[3]?.policy, {
    timeout: { ...timeout, connectMs: 2_000, requestMs: 9_000, perTryMs: 4_500 },
  });
});

test("a caller's own words on a route come before the route's, and these before the caller's", () => {
  const all = overrides(
    '  timeout: { idle: 1m }\n  routes:\n    - { match: GET /a, timeout: { request: 2s, connect: 20ms } }\n' +
      '  callers:\n    web:\n      timeout: { request: 3s, connect: 30ms, perTry: 30ms }\n' +
      '      routes:\n        - { match: { method: GET, path: /a }, timeout: { request: 4s } }\n',
  );
  const last = all.at(-1);
  assert.deepEqual([last?.at, last?.caller], [['callers', 'web', 'routes', 0], 'web']);
  assert.deepEqual(last?.policy, {
    timeout: { connectMs: 20, requestMs: 4_000, perTryMs: 30, idleMs: 60_000 },
  });
  assert.equal(all.length, 3);
});

test('off for a route is a change, and on again for a route of what is off has the defaults', () => {
  const [off, on] = overrides(
    '  breaker: off\n  routes:\n    - { match: /a, retry: off }\n    - { match: /b, breaker: { minCalls: 5 } }\n',
  );
  assert.deepEqual([off?.changes, off?.policy?.retry], [['retry'], undefined]);
  assert.deepEqual(on?.policy, { breaker: { ...DEFAULT_TRAFFIC.breaker, minCalls: 5 } });
});

test('a try never takes longer than all of them, where the one is inherited', () => {
  const [one] = overrides('  timeout: { perTry: 5s }\n  routes: [{ match: /a, timeout: 1s }]\n');
  assert.equal(one?.policy?.timeout?.perTryMs, 1_000);
});

test('describe tells each value of an override, with its line or that of what it inherits', () => {
  const traffic = '  timeout: { connect: 1s }\n  routes:\n    - match: POST /a\n      timeout: 4s\n';
  const described = describe(ordersOf(traffic)).filter(({ path }) => path.startsWith('traffic.routes'));
  assert.deepEqual(
    described.map(({ path, value, origin }) => {
      const from = origin.kind === 'derived' ? origin.from : origin.kind;
      return [path, value, origin.kind === 'file' ? origin.place.line : from];
    }),
    [
      ['traffic.routes[0].match', 'POST /a', 6],
      ['traffic.routes[0].timeout.connect', '1s', 4],
      ['traffic.routes[0].timeout.request', '4s', 7],
      ['traffic.routes[0].timeout.perTry', '2s', 'traffic.routes[0].timeout.request'],
      ['traffic.routes[0].timeout.idle', '5m', 'default'],
    ],
  );
});

test('the gateway is a caller where the service is exposed', () => {
  const [one] = ordersOf('  callers: { gateway: { rateLimit: { rps: 5 } } }\n', { expose: true }).traffic.overrides;
  assert.deepEqual([one?.caller, one?.policy.rateLimit?.[0]?.rps], ['gateway', 5]);
});

const MISTAKES = [
  {
    traffic: '  routes: [{ match: orders, timeout: 1s }]\n',
    lines: [
      '4:21 traffic.routes[0].match.path: a path begins with "/"; a part of it may be a {name}, and "/**" at its end takes all below; found "orders"; undefined',
    ],
  },
  {
    traffic: '  routes: [{ match: FETCH /a }]\n',
    lines: [
      '4:21 traffic.routes[0].match.method: must be GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS; found "FETCH"; did you mean "PATCH"?',
    ],
  },
  {
    traffic: '  routes: [{ match: /a, timeout: { requests: 1s } }]\n',
    lines: ['4:36 traffic.routes[0].timeout.requests: unknown key "requests"; did you mean "request"?'],
  },
  {
    traffic: '  routes: [{ match: /a }, { match: /a }]\n',
    lines: ['4:36 traffic.routes[1].match: the route /a stands twice; keep one'],
  },
  {
    traffic: '  timeout: 1s\n  routes: [{ match: /a, timeout: { perTry: 2s } }]\n',
    lines: ['5:44 traffic.routes[0].timeout.perTry: one try may take 2s, and all of them together 1s; at most 1s'],
  },
  {
    traffic: '  callers: { app: { timeout: 1s } }\n',
    lines: ['4:14 traffic.callers.app: "app" does not use "orders", so it never calls it; it is used by web'],
  },
  {
    traffic: '  callers: { gateway: { timeout: 1s } }\n',
    lines: ['4:14 traffic.callers.gateway: "orders" is not exposed, so the gateway never calls it; it is used by web'],
  },
  {
    traffic: '  routes: [{ match: /a, timeout: 1s }]\n',
    protocol: 'tcp',
    lines: [
      '4:21 traffic.routes[0].match: the bytes of a tcp service are not looked at, so it has no routes; remove it',
    ],
  },
];

for (const { traffic, protocol = 'http', lines } of MISTAKES) {
  test(`${traffic.trim()} is an error with its place and a remedy`, () => {
    assert.deepEqual(linesOf(traffic, { protocol }), lines);
  });
}
