import type {
  Capacity,
  DashboardSession,
  Decision,
  Diagnosis,
  DrillResult,
  MigrationPreview,
  RolloutStatus,
  Scaling,
  ServiceContract,
  ServiceDescription,
  StoreBackup,
  StoreStatus,
} from '@islet/client';
import { MINUTE, NOW } from './shop.ts';

/* What the shop's control plane would tell, apart from its status. */

const DAY = 1440 * MINUTE;

export function decisions(): Decision[] {
  const rows = [
    [190, 'catalog', 'drilled', 'proved that its backup 20261127T022504 comes back'],
    [41, undefined, 'applied', 'was asked: islet up'],
    [38, 'orders', 'applied', 'was asked: islet deploy orders'],
    [35, 'orders', 'migrated', 'applied 0007_add_captured_at.sql'],
    [31, 'orders', 'advanced', 'moved the traffic of 8be01f77aa on by a step: 200 requests did no worse'],
    [12, 'notifications', 'ended', 'notifications-3f9a2c1d04.0-1 ended: exit 1'],
    [9, 'orders', 'scaled', 'from 2 to 3 instances: concurrency is 61 of 40'],
    [8, 'notifications', 'ended', 'notifications-3f9a2c1d04.0-1 ended: exit 1'],
    [4, 'notifications', 'ended', 'notifications-3f9a2c1d04.0-1 ended: exit 1'],
  ] as const;
  return rows.map(([minutes, service, kind, text], index) => ({
    seq: index + 1,
    at: NOW - minutes * MINUTE,
    ...(service === undefined ? {} : { service }),
    kind,
    text,
  }));
}

export function backups(): StoreBackup[] {
  const on = {
    engine: 'postgres',
    state: 'on' as const,
    bytes: 412e6,
    from: NOW - 12 * DAY,
    to: NOW - 1_000,
    rpoMs: 900,
  };
  const next = { nextAt: NOW + 17 * 60 * MINUTE, problems: [] };
  return [
    {
      service: 'catalog',
      ...on,
      ...next,
      last: copyOf(7),
      mirroredAt: NOW - 30_000,
      drill: { at: NOW - 190 * MINUTE, passed: true, rtoMs: 6_400 },
    },
    {
      service: 'catalog.files',
      ...on,
      ...next,
      engine: 'files',
      last: { ...copyOf(1), plainBytes: 1.9e9, remarks: ['uploads/import.tmp changed while it was read'] },
      bytes: 2.4e9,
      rpoMs: 22 * MINUTE,
      drill: { at: NOW - 40 * MINUTE, passed: false },
      problems: ['its last drill failed'],
    },
    { service: 'orders', ...on, ...next, last: copyOf(7), drill: { at: NOW - 3 * DAY, passed: true, rtoMs: 11_200 } },
    {
      service: 'payments',
      ...on,
      last: copyOf(31),
      aside: true,
      problems: ['the last copy is 31 h old, where one is made every 24 h'],
    },
  ];
}

function copyOf(hoursAgo: number): NonNullable<StoreBackup['last']> {
  const finishedAt = NOW - hoursAgo * 60 * MINUTE;
  return { id: '20261127T022504', startedAt: finishedAt - MINUTE, finishedAt, storedBytes: 88e6, plainBytes: 402e6 };
}

export function drillResult(): DrillResult {
  return {
    startedAt: NOW - 41 * MINUTE,
    finishedAt: NOW - 40 * MINUTE,
    copy: '20261127T181500',
    problems: ['uploads/2026/11/receipt-1042.pdf is not as its SHA-256 says'],
  };
}

export function storeStatus(service: string): StoreStatus[] {
  if (service === 'web') return [];
  return [
    {
      store: 'database',
      engine: 'postgres',
      state: 'ready',
      version: '18.1',
      bytes: 402e6,
      connections: { open: 12, most: 100 },
      commitsPerSecond: 38.2,
      cacheHits: 0.9931,
      slow:
        service === 'orders'
          ? [{ forMs: 14_200, text: 'SELECT count(*) FROM orders o JOIN items i ON i.order_id = o.id' }]
          : [],
    },
  ];
}

export function migrations(service: string): MigrationPreview {
  if (service !== 'orders') return { kind: 'pending', migrations: [] };
  const hazard = {
    rule: 'index-not-concurrent',
    line: 3,
    table: 'orders',
    bytes: 310e6,
    effect: 'blocks writes to',
    what: 'CREATE INDEX without CONCURRENTLY',
    remedy: 'CREATE INDEX CONCURRENTLY, in a file of its own that begins with -- islet: no-transaction',
    allowed: false,
  };
  return { kind: 'pending', migrations: [{ name: '0008_index_orders.sql', inTransaction: true, hazards: [hazard] }] };
}

export function capacity(service: string, rps: number): Capacity {
  const forecast = {
    utilizationPercent: 61,
    waits: 0.12,
    waitMs: 1.4,
    meanMs: 12.9,
    p95Ms: 48,
    inFlight: rps * 0.0129,
  };
  return {
    kind: 'forecast',
    service,
    rps,
    seen: { overMs: 10_000, requests: 141, rps: 14.1, meanMs: 11.2, p95Ms: 41, instances: 3, cores: 0.37 },
    model: { limit: 'cores', serversPerInstance: 1, serviceMs: 6.1, restMeanMs: 5.1, restP95Ms: 31 },
    needed: { ...forecast, instances: 6 },
    unchanged: { ...forecast, instances: 3, utilizationPercent: 94, waitMs: 71, meanMs: 84, p95Ms: 310 },
    error: { mean: 0.04, p95: 0.11 },
    warnings: ['500 requests/s are 35 times what was measured'],
  };
}

export function diagnosis(): Diagnosis {
  return {
    guarantees: [
      { name: 'a user for each service', held: false, reason: 'not root' },
      { name: 'limits of memory and CPU', held: true },
      { name: 'no request fails while instances change', held: true },
    ],
    toolchains: [
      { program: 'node', path: '/usr/bin/node', version: '24.4.0', neededBy: ['catalog', 'orders', 'web'] },
      { program: 'javac', neededBy: ['recommendations'], hint: 'install a JDK 21' },
    ],
    notes: [],
  };
}

export function sessions(): DashboardSession[] {
  const agent = (name: string) => `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ${name}`;
  return [
    {
      id: 'k3v9',
      startedAt: NOW - 2 * DAY,
      seenAt: NOW,
      expiresAt: NOW + 28 * DAY,
      agent: agent('Chrome/142.0 Safari/537.36'),
    },
    {
      id: 'p7m2',
      startedAt: NOW - 9 * DAY,
      seenAt: NOW - 26 * 60 * MINUTE,
      expiresAt: NOW + 21 * DAY,
      agent: agent('Firefox/145.0'),
    },
  ];
}

export function rollout(service: string): RolloutStatus {
  const history = decisions().filter((decision) => decision.service === service);
  const about = { service, strategy: 'canary', stable: '3f9a2c1d04', history };
  if (service === 'paused') {
    return { ...about, state: 'paused', why: 'it was paused', wanted: '8be01f77aa', step: 2, steps: [5, 25, 100] };
  }
  if (service === 'paused') {
    return { ...about, state: 'paused', why: 'it was paused', wanted: '8be01f77aa', step: 2, steps: [5, 25, 100] };
  }
  if (service !== 'orders') return { ...about, state: 'ready', why: '2 of 2 ready', wanted: '3f9a2c1d04' };
  return {
    ...about,
    state: 'progressing',
    why: 'waits for 312 more requests to 8be01f77aa',
    wanted: '8be01f77aa',
    step: 2,
    steps: [5, 25, 50, 100],
    fallback: '3f9a2c1d04',
    bakesUntil: NOW + 22 * MINUTE,
    evidence:
      '188 requests to 8be01f77aa failed 4 times, 564 to 3f9a2c1d04 never: the odds that it is worse are 7 to 1 (20 to 1 decide)',
  };
}

export function scaling(service: string): Scaling {
  return {
    service,
    mode: 'auto',
    instances: 3,
    ready: 3,
    min: 2,
    max: 6,
    priority: 0,
    changes: [],
    why: 'concurrency is 61 of 40',
    signals: [{ metric: 'concurrency', target: 40, total: 61, wants: 3 }],
  };
}

export function description(service: string): ServiceDescription {
  const file = `services/${service}/service.yaml`;
  return {
    service,
    file,
    uses: ['catalog', 'payments'],
    values: [
      { path: 'name', value: service, from: `${file}:1` },
      { path: 'language', value: 'TypeScript' },
      { path: 'uses', value: ['catalog', 'payments'], from: `${file}:9` },
      { path: 'run.command', value: 'node src/main.ts', from: `${file}:3` },
      { path: 'run.resources.memory', value: '256Mi', from: `${file}:5` },
      { path: 'run.stop.grace', value: '10s' },
      { path: 'api.protocol', value: 'http' },
      { path: 'api.expose[0].path', value: `/api/${service}`, from: `${file}:7` },
      { path: 'scale.min', value: 2, from: `${file}:14` },
      { path: 'traffic.timeout.request', value: '2s', from: `${file}:18` },
      { path: 'traffic.retry.attempts', value: 1 },
      { path: 'traffic.retry.budget', value: '20%' },
      { path: 'traffic.cache.memory', value: '64Mi', from: `${file}:19` },
      { path: 'rollout.strategy', value: 'canary', from: `${file}:21` },
      ...(service === 'catalog'
        ? [
            { path: 'database.seed.folder', value: 'seeds', from: `${file}:24` },
            { path: 'volumes.folders', value: ['uploads', 'thumbnails'], from: `${file}:26` },
            { path: 'volumes.backup.every', value: '1h' },
          ]
        : []),
    ],
  };
}

export const GRPC_CONTRACT: ServiceContract = {
  protocol: 'grpc',
  file: 'payments.proto',
  text: 'syntax = "proto3"; …',
  methods: [
    { path: '/shop.Payments/Capture', summary: 'Takes the money.', example: '{\n  "order": ""\n}', isStreamed: false },
    { path: '/shop.Payments/Watch', summary: '', example: '{}', isStreamed: true },
  ],
};

export const OPENAPI = `openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
paths:
  /orders:
    get:
      summary: All orders, the newest first
      parameters:
        - { name: limit, in: query, schema: { type: integer, default: 20 } }
    post:
      summary: Place an order
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                items: { type: array, items: { type: object, properties: { sku: { type: string }, quantity: { type: integer } } } }
                card: { type: string, example: 4242 4242 4242 4242 }
  /orders/{id}:
    get:
      summary: One order
      parameters:
        - { name: id, in: path, required: true, schema: { type: string } }
`;
