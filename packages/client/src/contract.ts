import { z } from 'zod';
import { backupRoutes } from './backup-contract.ts';
import { Capacity, CapacityQuestion } from './capacity.ts';
import { dashboardRoutes } from './dashboard-contract.ts';
import { MigrationPreview, QueryAnswer, SeedAnswer, StoreAccess, StoreStatus } from './database.ts';
import { DrillBegun, DrillRequest, DrillTarget } from './drill.ts';
import { ExplainedRequest } from './explanation.ts';
import { Decision, ROLLOUT_ACTIONS, RolloutStatus } from './rollout.ts';
import { type RouteShape, route } from './route.ts';
import type { RouteName } from './routes.ts';
import { Scaling } from './scaling.ts';
import { SystemStatus } from './status.ts';
import { telemetryRoutes } from './telemetry-contract.ts';

/**
 * The control API, once: the server implements this table, the client calls by it, the OpenAPI document is made of it.
 * Method and path of each route stand in `routes.ts`.
 *
 * `stream` routes answer with one JSON value a line (NDJSON) until the caller goes away.
 */

const ApplyRequest = z
  .object({
    environment: z.string().optional(),
    /**
     * `PATH` of the person who asks: where toolchains are looked for. Absent: that of who asked last, and in their mode; a
     * browser has none.
     */
    path: z.string().optional(),
    /** `in-place` runs services from their own folders, unsnapshotted (`islet dev`). */
    mode: z.enum(['revisions', 'in-place']).default('revisions'),
    /** In-place services whose files changed and must be built and started again. */
    changed: z.array(z.string()).default([]),
  })
  .meta({ id: 'ApplyRequest' });

export const Accepted = z
  .object({
    /** The system's revision that this made, or the current one where nothing changed. */
    revision: z.int(),
    changed: z.boolean(),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Accepted' });

export const PlannedStep = z
  .object({ service: z.string(), kind: z.string(), text: z.string() })
  .meta({ id: 'PlannedStep' });

export const PlanPreview = z
  .object({
    steps: z.array(PlannedStep),
    /** Services that `up` leaves as they are. */
    unchanged: z.array(z.string()),
    blocked: z.record(z.string(), z.array(z.string())),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'PlanPreview' });

export const LogLine = z
  .object({ service: z.string(), instance: z.string(), line: z.string() })
  .meta({ id: 'LogLine' });

export const SecretInfo = z
  .object({
    name: z.string(),
    version: z.int(),
    setAt: z.number(),
    /** Services that name it. */
    usedBy: z.array(z.string()),
  })
  .meta({ id: 'SecretInfo' });

const ServiceEnvironment = z
  .object({
    cwd: z.string(),
    env: z.record(z.string(), z.string()),
    /** What to put before a command so that it runs as the service's user; empty: as oneself. */
    prefix: z.array(z.string()),
  })
  .meta({ id: 'ServiceEnvironment' });

export const Guarantee = z
  .object({ name: z.string(), held: z.boolean(), reason: z.string().optional() })
  .meta({ id: 'Guarantee' });

const Toolchain = z
  .object({
    program: z.string(),
    path: z.string().optional(),
    version: z.string().optional(),
    neededBy: z.array(z.string()),
    hint: z.string().optional(),
  })
  .meta({ id: 'Toolchain' });

export const Diagnosis = z
  .object({ guarantees: z.array(Guarantee), toolchains: z.array(Toolchain), notes: z.array(z.string()) })
  .meta({ id: 'Diagnosis' });

const service = z.object({ service: z.string() });

export const contract = {
  status: route('status', { summary: 'What every service does now', response: SystemStatus }),
  watch: route('watch', { summary: 'The status, again after every change', response: SystemStatus }),
  apply: route('apply', {
    summary: "Make the system's files true",
    body: ApplyRequest,
    response: Accepted,
  }),
  plan: route('plan', {
    summary: 'What apply would change; changes nothing',
    body: ApplyRequest,
    response: PlanPreview,
  }),
  down: route('down', {
    summary: 'Stop every service in order; with `purge`, delete their data too',
    body: z.object({ purge: z.boolean() }),
    response: Accepted,
  }),
  restart: route('restart', {
    summary: 'Replace every instance by a new one of the same revision',
    params: service,
    response: Accepted,
  }),
  deploy: route('deploy', {
    summary: "Make one service's files true; all others stay as they are",
    params: service,
    body: ApplyRequest.omit({ changed: true }),
    response: Accepted,
  }),
  rollout: route('rollout', {
    summary: 'How far the rollout of a service is, why it is there, and what was decided before',
    params: service,
    response: RolloutStatus,
  }),
  steerRollout: route('steerRollout', {
    summary: 'Pause, resume, promote or abort the rollout that is under way',
    params: service,
    body: z.object({ action: z.enum(ROLLOUT_ACTIONS) }),
    response: Accepted,
  }),
  rollback: route('rollback', {
    summary: 'Go back to a revision that worked, the one before by default; nothing is built',
    params: service,
    body: z.object({ revision: z.string().min(1).optional() }),
    response: Accepted,
  }),
  scale: route('scale', {
    summary: 'Run this many instances, until the file says otherwise; `auto`: as the file says',
    params: service,
    body: z.object({ instances: z.union([z.int().min(0).max(1000), z.literal('auto')]) }),
    response: Accepted,
  }),
  drain: route('drain', {
    summary: 'Take an instance out of traffic, once another serves in its place; it runs on. With `back`: take it back',
    params: service,
    body: z.object({ instance: z.string().min(1), back: z.boolean() }),
    response: Accepted,
  }),
  inject: route('inject', {
    summary: 'Begin a fault at one instance of a service; it ends by itself',
    params: service,
    body: DrillRequest,
    response: DrillBegun,
  }),
  drillTarget: route('drillTarget', {
    summary: 'What a service may be asked while a fault is there, and what it is held against',
    params: service,
    response: DrillTarget,
  }),
  scaling: route('scaling', {
    summary: 'Why a service has this number of instances',
    params: service,
    response: Scaling,
  }),
  capacity: route('capacity', {
    summary: 'Measure a service for some seconds, and forecast what it needs for a rate of requests; changes nothing',
    params: service,
    body: CapacityQuestion,
    response: Capacity,
  }),
  purge: route('purge', {
    summary: "Make the proxy forget what it has stored of a service's responses: all, or those of a path or a group",
    params: service,
    body: z.object({ path: z.string().startsWith('/').optional(), group: z.string().min(1).optional() }),
    response: z.object({ purged: z.int() }),
  }),
  explain: route('explain', {
    summary: 'What became of a request, hop by hop: its tries, and each rule with its counters and its line',
    params: z.object({ id: z.string() }),
    response: z.array(ExplainedRequest),
  }),
  explainToken: route('explainToken', {
    summary: 'A token by which a caller at the gateway is shown what was decided of its requests',
    body: z.object({ forMs: z.int().min(1000).max(86_400_000) }),
    response: z.object({ token: z.string() }),
  }),
  logs: route('logs', {
    summary: "Services' output, secrets redacted",
    query: z.object({ service: z.string().optional(), lines: z.string().optional(), follow: z.string().optional() }),
    response: LogLine,
  }),
  environment: route('environment', {
    summary: 'What an instance of the service is given; holds its secrets',
    params: service,
    response: ServiceEnvironment,
  }),
  database: route('database', {
    summary: 'How a service reaches its database; holds the password',
    params: service,
    /** `database` or `redis`; by default the database, where there is one. */
    query: z.object({ store: z.string().optional() }),
    response: StoreAccess,
  }),
  storeStatus: route('storeStatus', {
    summary: "How a service's stores are: size, connections, rate, what runs for long",
    params: service,
    response: z.array(StoreStatus),
  }),
  query: route('query', {
    summary: "Run one statement in a service's database, as the service; without `write` it can change nothing",
    params: service,
    body: z.object({
      text: z.string().min(1),
      write: z.boolean().default(false),
      store: z.enum(['database', 'redis']).optional(),
    }),
    response: QueryAnswer,
  }),
  seed: route('seed', {
    summary: 'Run the SQL files of the folder that the service declares as its seed',
    params: service,
    body: z.object({ force: z.boolean().default(false) }),
    response: SeedAnswer,
  }),
  rotate: route('rotate', {
    summary: "Give a service's database new credentials, and replace every instance by one that uses them",
    params: service,
    response: Accepted,
  }),
  migrations: route('migrations', {
    summary: 'Which migrations of its folder would run now, and what of them is dangerous; changes nothing',
    params: service,
    response: MigrationPreview,
  }),
  ...backupRoutes,
  ...dashboardRoutes,
  operator: route('operator', {
    summary: "The proxy's Unix socket for calls by the operator; the Host header names the service",
    response: z.object({ socket: z.string() }),
  }),
  secrets: route('secrets', { summary: 'Names and versions; never values', response: z.array(SecretInfo) }),
  setSecret: route('setSecret', {
    summary: 'Set a secret; services that name it get a new revision on the next apply',
    params: z.object({ name: z.string() }),
    body: z.object({ value: z.string().min(1) }),
    response: SecretInfo,
  }),
  removeSecret: route('removeSecret', {
    summary: 'Remove a secret',
    params: z.object({ name: z.string() }),
    response: z.object({ removed: z.boolean() }),
  }),
  decisions: route('decisions', {
    summary: 'What the control plane decided, newest last',
    query: z.object({ service: z.string().optional(), since: z.string().optional() }),
    response: z.array(Decision),
  }),
  diagnose: route('diagnose', { summary: 'What this machine has and lacks', response: Diagnosis }),
  traffic: route('traffic', {
    summary: "The proxy's counts, errors and latencies by edge, gateway and instance",
    response: z.unknown(),
  }),
  ...telemetryRoutes,
} as const satisfies Record<RouteName, RouteShape>;

export type Contract = typeof contract;

export type ApplyRequest = z.input<typeof ApplyRequest>;
export type Accepted = z.infer<typeof Accepted>;
export type PlannedStep = z.infer<typeof PlannedStep>;
export type PlanPreview = z.infer<typeof PlanPreview>;
export type LogLine = z.infer<typeof LogLine>;
export type SecretInfo = z.infer<typeof SecretInfo>;
export type ServiceEnvironment = z.infer<typeof ServiceEnvironment>;
export type Guarantee = z.infer<typeof Guarantee>;
export type Toolchain = z.infer<typeof Toolchain>;
export type Diagnosis = z.infer<typeof Diagnosis>;

export type { RouteShape } from './route.ts';
