import { once } from 'node:events';
import type { SystemStatus } from '@islet/client';
import { ApiError } from '@islet/client';
import { BUILT_FOLDER } from '@islet/dashboard';
import { type Handlers, serveApi } from '../../src/api/server.ts';
import { createBulletin } from '../../src/bulletin.ts';
import { systemClock } from '../../src/clock.ts';
import { createDoorkeeper, type Doorkeeper } from '../../src/dashboard/doorkeeper.ts';
import { createPages } from '../../src/dashboard/pages.ts';
import { IN_MEMORY, openDatabase } from '../../src/store/database.ts';
import { openSessions } from '../../src/store/sessions.ts';
import { shopStatus } from './shop.ts';
import * as control from './shop-control.ts';
import * as telemetry from './shop-telemetry.ts';
import * as traces from './shop-traces.ts';

/** The dashboard as it is served, on a control plane whose answers are made up: what is asked of it is kept. */
export interface FakeDashboard extends AsyncDisposable {
  readonly url: string;
  readonly doorkeeper: Doorkeeper;
  readonly calls: { readonly name: string; readonly input: Readonly<Record<string, unknown>> }[];
  /** A link that lets a browser in. */
  link(): string;
  show(status: SystemStatus): void;
  close(): Promise<void>;
}

const TOKEN = 'a-token-of-the-test';

export async function startFakeDashboard(
  options: {
    readonly status?: SystemStatus;
    readonly handlers?: Partial<Handlers>;
    readonly port?: number;
    readonly doorkeeper?: Doorkeeper;
  } = {},
): Promise<FakeDashboard> {
  const status = createBulletin<SystemStatus>();
  status.post(options.status ?? shopStatus());
  const sessions = openSessions(openDatabase(IN_MEMORY));
  const doorkeeper = options.doorkeeper ?? createDoorkeeper({ sessions, clock: systemClock });
  const calls: FakeDashboard['calls'] = [];
  const handlers = recorded({ ...answers(status), ...options.handlers }, calls);
  const served = await serveApi(handlers, {
    token: TOKEN,
    port: options.port ?? 0,
    version: '0.1.0',
    dashboard: { doorkeeper, pages: createPages(BUILT_FOLDER), system: 'test' },
  });
  const close = async () => {
    status.close();
    await served.close();
  };
  return {
    url: served.url,
    doorkeeper,
    calls,
    close,
    link: () => `${served.url}/login#${doorkeeper.invite().code}`,
    show: (next) => status.post(next),
    [Symbol.asyncDispose]: close,
  };
}

/** Every call is kept with what it was asked; what has no answer says so. */
function recorded(handlers: Partial<Handlers>, calls: FakeDashboard['calls']): Handlers {
  return new Proxy(handlers as Handlers, {
    get: (all, name: keyof Handlers) => (request: { params: object; query: object; body?: object }) => {
      calls.push({ name, input: { ...request.params, ...request.query, ...request.body } });
      const handler = all[name] as ((request: unknown) => unknown) | undefined;
      if (handler === undefined) throw new ApiError('unavailable', `${name} has no answer in this test`);
      return handler(request);
    },
  });
}

function answers(status: ReturnType<typeof createBulletin<SystemStatus>>): Partial<Handlers> {
  const accepted = () => ({ revision: 2, changed: true, warnings: [] });
  return {
    status: () => status.latest() ?? shopStatus(),
    watch: ({ signal }) => status.follow(signal),
    apply: accepted,
    deploy: accepted,
    restart: accepted,
    rollback: accepted,
    drain: accepted,
    rotate: accepted,
    scale: accepted,
    steerRollout: accepted,
    plan: () => ({
      steps: [
        { service: 'orders', kind: 'build', text: 'builds revision 8be01f77aa' },
        { service: 'orders', kind: 'migrate', text: 'migrates its database for 8be01f77aa' },
        { service: 'orders', kind: 'start', text: 'starts orders-8be01f77aa.0-1' },
        { service: 'web', kind: 'start', text: 'starts web-77aa8be01f.0-1' },
        { service: 'orders', kind: 'stop', text: 'stops orders-3f9a2c1d04.0-1' },
      ],
      unchanged: ['catalog', 'payments', 'notifications'],
      blocked: { recommendations: ['javac is not on the PATH; install a JDK 21'] },
      warnings: [],
    }),
    inject: () => ({ instance: 'orders-3f9a2c1d04.0-1', until: Date.now() + 10_000, successPercent: 99 }),
    decisions: ({ query: { service } }) =>
      control.decisions().filter((one) => service === undefined || one.service === service),
    rollout: ({ params: { service = '' } }) => control.rollout(service),
    describe: ({ params: { service = '' } }) => control.description(service),
    scaling: ({ params: { service = '' } }) => control.scaling(service),
    secrets: () => [{ name: 'stripe-key', version: 3, setAt: Date.now() - 9 * 86_400_000, usedBy: ['orders'] }],
    migrations: ({ params: { service = '' } }) => control.migrations(service),
    backups: () => control.backups(),
    backUp: ({ params: { service = '' } }) => ({ askedAt: Date.now(), stores: [service] }),
    drill: () => ({ askedAt: Date.now() }),
    verifyBackups: () => ({ copies: 2, logPieces: 31, bytes: 175e6, findings: [], unfinished: [] }),
    purge: () => ({ purged: 12 }),
    setSecret: ({ params: { name = '' } }) => ({ name, version: 4, setAt: Date.now(), usedBy: ['orders'] }),
    backupList: ({ params: { service: store = '' } }) => [
      {
        id: '20261127T022504',
        store,
        startedAt: Date.now() - 7 * 3_600_000,
        storedBytes: 88e6,
        plainBytes: 402e6,
        state: 'whole',
        to: Date.now(),
      },
      {
        id: '20261126T022501',
        store,
        startedAt: Date.now() - 31 * 3_600_000,
        storedBytes: 87e6,
        plainBytes: 399e6,
        state: 'whole',
      },
    ],
    storeStatus: ({ params: { service = '' } }) => control.storeStatus(service),
    seed: () => ({ kind: 'seeded', files: ['seeds/products.sql'] }),
    drillResult: () => ({ last: control.drillResult() }),
    capacity: ({ params: { service = '' }, body: { rps } }) => control.capacity(service, rps),
    diagnose: () => control.diagnosis(),
    dashboardSessions: () => control.sessions(),
    endDashboardSession: () => ({ ended: 1 }),
    removeSecret: () => ({ removed: true }),
    down: accepted,
    rewind: () => ({ id: 'w1', services: [{ name: 'orders', at: Date.now() }], skewMs: 0 }),
    rewindResult: () => ({ state: 'done', text: 'everything is as it was then' }),
    endRestore: ({ body: { undo } }) => ({ id: undo ? 'r2' : '' }),
    restore: () => ({ id: 'r1' }),
    restoreResult: () => ({ state: 'restored', text: 'is as it was' }),
    contractOf: ({ params: { service } }) => {
      if (service === 'payments') return control.GRPC_CONTRACT;
      return service === 'orders'
        ? { protocol: 'http', file: 'openapi.yaml', text: control.OPENAPI }
        : { protocol: 'http' };
    },
    callService: ({ params: { service } }) => ({
      ...(service === 'payments' ? { grpc: { status: 5, message: 'there is no such card' } } : {}),
      status: 201,
      headers: [['content-type', 'application/json']],
      body: '{"id":"1043","state":"placed"}',
      cut: false,
      ms: 38.2,
      trace: traces.TRACE,
    }),
    ...telemetryAnswers(),
  };
}

function telemetryAnswers(): Partial<Handlers> {
  const looked = { segments: 3, records: 48_000, complete: true };
  return {
    overview: () => telemetry.activity(),
    edges: ({ query }) => ({ at: Number(query.at ?? Date.now()), edges: telemetry.edges() }),
    metrics: ({ query: { name = '', by, from, to } }) => {
      const end = Number(to ?? Date.now());
      return { series: telemetry.series({ name, by, from: Number(from ?? end - 3_600_000), to: end }), gaps: [] };
    },
    annotations: ({ query: { service } }) =>
      telemetry.annotations().filter((one) => service === undefined || one.service === service),
    traces: ({ query: { service } }) => ({
      traces: traces.traces().filter(({ services }) => service === undefined || services.includes(service)),
      gaps: [],
      looked,
    }),
    trace: ({ params: { trace = '' } }) => traces.trace(trace),
    logRecords: ({ query: { service, grep } }) => ({
      logs: traces.logs().filter((log) => (service ?? log.service) === log.service && log.text.includes(grep ?? '')),
      gaps: [],
      looked,
    }),
    tailLogRecords: async function* ({ signal }) {
      yield {
        ...(traces.logs()[0] as ReturnType<typeof traces.logs>[number]),
        id: 'tailed',
        at: Date.now(),
        text: 'a line that has just come',
      };
      if (!signal.aborted) await once(signal, 'abort');
    },
    errorGroups: ({ query: { service } }) =>
      telemetry.errorGroups().filter((group) => service === undefined || group.service === service),
    errorGroup: ({ params: { group } }) => telemetry.errorGroups().find((one) => one.group === group) ?? missing(),
    markErrorGroup: ({ params: { group }, body: { state } }) => ({
      ...(telemetry.errorGroups().find((one) => one.group === group) ?? missing()),
      state,
    }),
    slos: () => telemetry.slos(),
    alerts: () => telemetry.alerts(),
    markAlert: ({ params: { id } }) => ({
      ...(telemetry.alerts().find((one) => one.id === id) ?? missing()),
      state: 'acknowledged',
    }),
    live: async function* ({ signal }) {
      yield { kind: 'overview', at: Date.now(), services: telemetry.activity() };
      yield { kind: 'edges', at: Date.now(), edges: telemetry.edges() };
      yield { kind: 'alerts', at: Date.now(), alerts: telemetry.alerts() };
      yield { kind: 'annotations', at: Date.now(), annotations: telemetry.annotations() };
      if (!signal.aborted) await once(signal, 'abort');
    },
  };
}

function missing(): never {
  throw new ApiError('not-found', 'there is no such thing in this test');
}
