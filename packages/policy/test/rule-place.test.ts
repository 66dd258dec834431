import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSystem } from '@islet/spec';
import { rulePlace, TrafficPolicies, type TrafficRule, type WrittenLines } from '../src/index.ts';

const FILE = 'services/orders/service.yaml';
const ORDERS = `name: orders
run: { command: serve }
api: { expose: /orders }
traffic:
  timeout: { connect: 1s, request: 9s }
  outlier: { base: 9s }
  breaker:
    failureRate: 60%
  rateLimit:
    - { rps: 5 }
    - rps: 7
  retry:
    attempts: 2
    budget: 30%
  routes:
    - match: GET /a
      timeout: { request: 3s }
      breaker: { window: 9s }
    - match: /b
      retry: { budget: 5% }
      limits: { queue: 2s }
  callers:
    web:
      timeout: { idle: 9s }
      retry: off
      routes:
        - match: GET /a
          limits: { pending: 3 }
`;
const WEB = 'run: { command: serve }\nuses: [orders]\n';

/** As the parser says where everything stands. */
function parsed(orders: string) {
  const texts: Readonly<Record<string, string>> = {
    'islet.yaml': 'system: shop\n',
    [FILE]: orders,
    'services/web/service.yaml': WEB,
  };
  const result = parseSystem({
    readText: (path) => texts[path],
    listFolders: (path) => (path === 'services' ? ['orders', 'web'] : []),
    listFiles: (path) => (path.startsWith('services/') ? ['service.yaml'] : []),
    kind: (path) => (path in texts ? 'file' : /^(\.|services(\/(orders|web))?)$/.test(path) ? 'folder' : undefined),
  });
  assert.ok(result.kind === 'ok', JSON.stringify(result));
  const service = result.spec.services.find(({ name }) => name === 'orders');
  assert.ok(service);
  const lines = Object.fromEntries([...service.written].map(([path, { file, line }]) => [path, `${file}:${line}`]));
  return { traffic: service.traffic, lines };
}

const { traffic, lines } = parsed(ORDERS);

function placeFor(rule: TrafficRule, { caller, target, part = '' }: Asked, known: WrittenLines | undefined = lines) {
  const { written } = new TrafficPolicies(traffic, caller).find('GET', target);
  const { path, from } = rulePlace(rule, part, { written, lines: known });
  return `${path} ${from.replace(`${FILE}:`, '')}`;
}

interface Asked {
  readonly caller: string | undefined;
  readonly target: string;
  readonly part?: string;
}

const rows: readonly (readonly [TrafficRule, Asked, string])[] = [
  ['traffic.timeout.request', { caller: undefined, target: '/' }, 'traffic.timeout.request 5'],
  ['traffic.timeout.idle', { caller: undefined, target: '/' }, 'traffic.timeout.idle default'],
  ['traffic.timeout.perTry', { caller: undefined, target: '/' }, 'traffic.timeout.perTry 5'],
  ['traffic.outlier.stall', { caller: undefined, target: '/' }, 'traffic.outlier.stall 6'],
  ['traffic.outlier.consecutive5xx', { caller: undefined, target: '/' }, 'traffic.outlier.consecutive5xx default'],
  ['traffic.breaker', { caller: undefined, target: '/' }, 'traffic.breaker 7'],
  ['traffic.rateLimit', { caller: undefined, target: '/', part: '[1]' }, 'traffic.rateLimit[1] 11'],
  ['traffic.fallback', { caller: undefined, target: '/' }, 'traffic.fallback default'],
  ['traffic.retry', { caller: undefined, target: '/' }, 'traffic.retry 12'],
  ['traffic.timeout.request', { caller: undefined, target: '/a' }, 'traffic.routes[0].timeout.request 17'],
  ['traffic.timeout.perTry', { caller: undefined, target: '/a' }, 'traffic.routes[0].timeout.perTry 17'],
  ['traffic.timeout.connect', { caller: undefined, target: '/a' }, 'traffic.timeout.connect 5'],
  ['traffic.timeout.idle', { caller: undefined, target: '/a' }, 'traffic.timeout.idle default'],
  ['traffic.breaker', { caller: undefined, target: '/a' }, 'traffic.routes[0].breaker 18'],
  ['traffic.retry.budget', { caller: undefined, target: '/b' }, 'traffic.routes[1].retry.budget 20'],
  ['traffic.limits.queue', { caller: undefined, target: '/b' }, 'traffic.routes[1].limits.queue 21'],
  ['traffic.limits.pending', { caller: undefined, target: '/b' }, 'traffic.limits.pending default'],
  ['traffic.timeout.idle', { caller: 'web', target: '/' }, 'traffic.callers.web.timeout.idle 24'],
  ['traffic.timeout.connect', { caller: 'web', target: '/' }, 'traffic.timeout.connect 5'],
  ['traffic.timeout.idle', { caller: 'web', target: '/a' }, 'traffic.callers.web.timeout.idle 24'],
  ['traffic.timeout.request', { caller: 'web', target: '/a' }, 'traffic.routes[0].timeout.request 17'],
  ['traffic.limits.pending', { caller: 'web', target: '/a' }, 'traffic.callers.web.routes[0].limits.pending 28'],
  ['traffic.retry', { caller: 'web', target: '/b' }, 'traffic.routes[1].retry 20'],
  ['rollout.bake', { caller: 'web', target: '/b' }, 'rollout.bake default'],
  ['deadline', { caller: 'web', target: '/b' }, "deadline the caller's own x-islet-deadline-ms or grpc-timeout"],
];

for (const [rule, asked, place] of rows) {
  test(`${rule} for ${asked.caller ?? 'anybody'} on ${asked.target} is ${place}`, () => {
    assert.equal(placeFor(rule, asked), place);
  });
}

test('what somebody turned off is not inherited by whoever turns it on again', () => {
  const off = parsed(ORDERS.replace('retry: { budget: 5% }', 'retry: { attempts: 3 }'));
  const { written } = new TrafficPolicies(off.traffic, 'web').find('GET', '/b');
  assert.equal(rulePlace('traffic.retry.budget', '', { written, lines: off.lines }).from, 'default');
  const { written: others } = new TrafficPolicies(off.traffic, 'app').find('GET', '/b');
  assert.equal(rulePlace('traffic.retry.budget', '', { written: others, lines: off.lines }).from, `${FILE}:14`);
});

test('where nobody has said where anything stands, a rule is not taken for a default', () => {
  const { written } = new TrafficPolicies(traffic, 'web').find('GET', '/a');
  assert.deepEqual(rulePlace('traffic.limits.pending', '', { written, lines: undefined }), {
    path: 'traffic.callers.web.routes[0].limits.pending',
    from: 'not known',
  });
});
