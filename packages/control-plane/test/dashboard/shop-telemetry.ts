import type { Alert, Annotation, EdgeActivity, ErrorGroup, Series, ServiceActivity, Slo } from '@islet/client';
import { MINUTE, NOW } from './shop.ts';
import { TRACE } from './shop-traces.ts';

/* What the shop's telemetry would tell. */

const NAMES = ['catalog', 'notifications', 'orders', 'payments', 'web'] as const;

/** The same curve at every start. */
function wave(seed: number, count: number, height: number): number[] {
  return Array.from({ length: count }, (_, index) =>
    Math.max(
      0,
      height *
        (1 +
          0.22 * Math.sin(index / 19 + seed) +
          0.07 * Math.sin(index * 1.7 + seed * 3) +
          0.05 * Math.sin(index * 5.3)),
    ),
  );
}

export function activity(): ServiceActivity[] {
  return NAMES.map((service, index) => {
    const rate = service === 'notifications' ? 0 : 42 / (index + 1);
    return {
      service,
      rate,
      errorRate: service === 'orders' ? 0.021 : 0,
      ...(rate === 0 ? {} : { p95: 18 + index * 23 }),
      cpu: 0.08 + index * 0.05,
      memory: (64 + index * 22) * 1e6,
      spark: wave(index, 30, rate),
    };
  });
}

const edge = (caller: string, callee: string, rate: number, more: Partial<EdgeActivity> = {}): EdgeActivity => ({
  caller,
  callee,
  rate,
  errorRate: 0,
  p50: 6,
  p95: 24,
  inFlight: 1,
  breaker: 'closed',
  ejected: [],
  ...more,
});

export function edges(): EdgeActivity[] {
  return [
    edge('gateway', 'web', 42),
    edge('web', 'catalog', 38),
    edge('web', 'orders', 14, { errorRate: 0.021, p95: 142 }),
    edge('gateway', 'orders', 3.2),
    edge('orders', 'catalog', 11),
    edge('orders', 'payments', 9.6, { p95: 96, ejected: ['payments-3f9a2c1d04.0-2'] }),
    edge('orders', 'notifications', 2.1, { errorRate: 1, breaker: 'open', p95: 3 }),
  ];
}

export function annotations(): Annotation[] {
  return [
    { at: NOW - 38 * MINUTE, service: 'orders', kind: 'applied', text: 'was asked: islet deploy orders' },
    {
      at: NOW - 31 * MINUTE,
      service: 'orders',
      kind: 'advanced',
      text: 'moved the traffic of 8be01f77aa on by a step: 200 requests did no worse',
    },
    { at: NOW - 9 * MINUTE, service: 'orders', kind: 'scaled', text: 'from 2 to 3 instances: concurrency is 61 of 40' },
    {
      at: NOW - 4 * MINUTE,
      service: 'notifications',
      kind: 'ended',
      text: 'notifications-3f9a2c1d04.0-1 ended: exit 1',
    },
  ];
}

const HEIGHTS: Readonly<Record<string, readonly [number, string]>> = {
  requests: [14, '1/s'],
  errors: [0.3, '1/s'],
  'latency.p50': [9, 'ms'],
  'latency.p95': [48, 'ms'],
  'latency.p99': [130, 'ms'],
  'in-flight': [3, ''],
  cpu: [0.3, 'cores'],
  memory: [140e6, 'By'],
  'db.commits': [38, '1/s'],
  'db.connections': [12, ''],
  'db.cache.misses': [2.4, '1/s'],
  'db.size': [402e6, 'By'],
};

export function series({
  name,
  by,
  from,
  to,
}: {
  name: string;
  by?: string | undefined;
  from: number;
  to: number;
}): Series[] {
  const [height, unit] = HEIGHTS[name] ?? [1, ''];
  const count = 90;
  const stepMs = (to - from) / count;
  const isOfRollout = name === 'errors' || name === 'latency.p99';
  const curve = (seed: number, tall: number): Series['points'] =>
    wave(seed, count, tall).map((value, index) => {
      const at = from + index * stepMs;
      const isBefore = isOfRollout && at < NOW - 31 * MINUTE;
      return [at, isBefore ? value * (name === 'errors' ? 0 : 0.6) : value];
    });
  if (by !== 'revision') return [{ labels: {}, unit, stepMs, points: curve(name.length, height) }];
  return [
    { labels: { revision: '3f9a2c1d04b7' }, unit, stepMs, points: curve(1, name === 'errors' ? 0 : height * 0.75) },
    {
      labels: { revision: '8be01f77aa10' },
      unit,
      stepMs,
      points: curve(2, name.startsWith('latency') ? height * 1.4 : height * 0.25).filter(
        ([at]) => at > NOW - 22 * MINUTE,
      ),
    },
  ];
}

export function errorGroups(): ErrorGroup[] {
  return [
    {
      group: 'e1a7',
      version: 1,
      service: 'orders',
      type: 'Error',
      message: 'payment was not captured',
      culprit: 'capture (src/payments.ts:41)',
      state: 'open',
      firstSeen: NOW - 30 * MINUTE,
      lastSeen: NOW - MINUTE,
      count: 184,
      firstRevision: '8be01f77aa',
      revisions: ['8be01f77aa'],
      instances: ['orders-8be01f77aa.0-1'],
      traces: [TRACE],
      sample: {
        stack:
          'Error: payment was not captured\n    at capture (src/payments.ts:41:11)\n    at async place (src/orders.ts:88:5)',
        attributes: { 'http.route': '/orders', 'order.items': 3 },
        logsAround: ['order 1041 placed, 1 item', 'card processor timed out after 174 ms, tries again'],
      },
      spark: [...Array.from({ length: 22 }, () => 0), 60, 124],
    },
    {
      group: 'e2b8',
      version: 1,
      service: 'notifications',
      type: 'ConnectionRefusedError',
      message: '[Errno 111] Connection refused',
      culprit: '<module> (main.py:31)',
      state: 'regressed',
      firstSeen: NOW - 3000 * MINUTE,
      lastSeen: NOW - 4 * MINUTE,
      count: 12,
      firstRevision: '11aa22bb33',
      revisions: ['11aa22bb33', '3f9a2c1d04'],
      instances: ['notifications-3f9a2c1d04.0-1'],
      traces: [],
      spark: [0, 0, 2, 1, ...Array.from({ length: 18 }, () => 0), 3, 4],
    },
    {
      group: 'e3c9',
      version: 1,
      service: 'web',
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'price')",
      culprit: 'render (src/cart.tsx:77)',
      state: 'resolved',
      firstSeen: NOW - 9_000 * MINUTE,
      lastSeen: NOW - 4_000 * MINUTE,
      count: 1_731,
      firstRevision: '11aa22bb33',
      revisions: ['11aa22bb33'],
      instances: ['web-11aa22bb33.0-1'],
      traces: [],
      spark: Array.from({ length: 24 }, () => 0),
    },
  ];
}

export function slos(): Slo[] {
  const slo = (service: string, name: Slo['name'], budgetLeft: number, firing = false): Slo => ({
    service,
    name,
    objective: name === 'availability' ? 99.9 : 99,
    windowMs: 30 * 86_400_000,
    good: 99_870,
    total: 100_000,
    budgetLeft,
    burn: [
      {
        window: '1 h',
        rate: firing ? 21.4 : 0.3,
        shortRate: firing ? 24 : 0.2,
        threshold: 14.4,
        severity: 'page',
        firing,
      },
      { window: '6 h', rate: firing ? 7.1 : 0.2, shortRate: firing ? 9 : 0.1, threshold: 6, severity: 'page', firing },
    ],
  });
  return [
    slo('orders', 'availability', 0.31, true),
    slo('orders', 'latency', 0.78),
    slo('catalog', 'availability', 0.97),
    slo('web', 'availability', 0.92),
  ];
}

export function alerts(): Alert[] {
  return [
    {
      id: 'orders-burn',
      service: 'orders',
      rule: 'slo.availability',
      severity: 'page',
      state: 'firing',
      since: NOW - 12 * MINUTE,
      summary: 'orders uses up its error budget 21 times too fast',
      why: '2.1 % of 812 requests failed within 1 h, where 0.1 % may; all of them since revision 8be01f77aa',
      link: '/services/orders/rollout',
      help: 'the rollout can be aborted: islet rollout abort orders',
    },
    {
      id: 'notifications-loop',
      service: 'notifications',
      rule: 'restart-loop',
      severity: 'ticket',
      state: 'acknowledged',
      since: NOW - 50 * MINUTE,
      summary: 'notifications ends again and again',
      why: '4 ends within 10 min, the last with exit 1',
      link: '/logs?service=notifications',
      help: 'its last lines tell why',
    },
    {
      id: 'disk',
      rule: 'disk',
      severity: 'info',
      state: 'resolved',
      since: NOW - 900 * MINUTE,
      endedAt: NOW - 700 * MINUTE,
      summary: 'The disk was nearly full',
      why: '91 % used, 90 % is the limit',
      link: '/backups',
      help: 'free some space',
    },
  ];
}
