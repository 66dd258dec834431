import type { Decision, RolloutStatus, Scaling, ServiceContract, ServiceDescription, StoreBackup } from '@islet/client';
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
  const copy = { id: '20261127T022504', startedAt: NOW - 7 * 60 * MINUTE, finishedAt: NOW - 419 * MINUTE };
  const on = {
    engine: 'postgres',
    state: 'on' as const,
    bytes: 412e6,
    from: NOW - 12 * DAY,
    to: NOW - 1_000,
    rpoMs: 900,
  };
  const last = { ...copy, storedBytes: 88e6, plainBytes: 402e6 };
  const next = { nextAt: NOW + 17 * 60 * MINUTE, problems: [] };
  return [
    {
      service: 'catalog',
      ...on,
      ...next,
      last,
      mirroredAt: NOW - 30_000,
      drill: { at: NOW - 190 * MINUTE, passed: true, rtoMs: 6_400 },
    },
    { service: 'orders', ...on, ...next, last, drill: { at: NOW - 3 * DAY, passed: true, rtoMs: 11_200 } },
    { service: 'payments', ...on, last, problems: ['the last copy is 31 h old, where one is made every 24 h'] },
  ];
}

export function rollout(service: string): RolloutStatus {
  const history = decisions().filter((decision) => decision.service === service);
  const about = { service, strategy: 'canary', stable: '3f9a2c1d04', history };
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
