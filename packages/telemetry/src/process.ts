import { mkdirSync, rmSync } from 'node:fs';
import type { Server } from 'node:net';
import { join } from 'node:path';
import { openErrorBook } from '@islet/errors';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import type { Logger } from 'pino';
import { ErrorWatch } from './errors/watch.ts';
import { Forwarder } from './forward/forwarder.ts';
import { telemetryHandlers } from './handlers.ts';
import { AllOutput } from './logs/all-output.ts';
import type { FilePlace } from './logs/tailed-file.ts';
import { Gatherer, STEP_MS } from './metrics/gather.ts';
import { rollUp } from './metrics/roll-up.ts';
import { type Orders, OrdersFile, telemetryFiles } from './orders.ts';
import { Identities } from './otlp/identity.ts';
import { Intake } from './otlp/intake.ts';
import { AccessLogReader } from './proxy/access-log.ts';
import { serveTelemetryApi } from './serve/api.ts';
import { serveOtlpGrpc } from './serve/otlp-grpc.ts';
import { serveOtlpHttp } from './serve/otlp-http.ts';
import { LIMITS } from './store/limits.ts';
import { Store } from './store/store.ts';
import { Taken } from './taken.ts';

export interface TelemetryOptions {
  /** Of telemetry alone: its orders, its key, its store. */
  readonly folder: string;
  /** Where it answers the control plane. */
  readonly socketPath: string;
  readonly log: Logger;
  readonly now?: () => number;
}

export interface RunningTelemetry {
  readonly store: Store;
  /** Looks at everything once, as it is done twice a second, and makes it durable. */
  turn(): Promise<void>;
  close(): Promise<void>;
}

/** What is known of files, beside the rows that came of them. */
interface Places {
  readonly output: Readonly<Record<string, FilePlace>>;
  readonly accessLog?: FilePlace;
}

const LOOK_MS = 500;
/** A port that somebody else has is tried again. */
const LISTEN_AGAIN_MS = 5_000;

/** The telemetry process of one system, without being a process. */
export async function startTelemetry({
  folder,
  socketPath,
  log,
  now = Date.now,
}: TelemetryOptions): Promise<RunningTelemetry> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const startedAt = now();
  const ordersFile = new OrdersFile(folder);
  let orders: Orders | undefined;
  const policyOf = (service: string) =>
    orders?.services.find(({ name }) => name === service)?.policy ?? orders?.policy ?? DEFAULT_TELEMETRY;
  const { store, state } = Store.open({ folder: telemetryFiles.store(folder), now, policyOf });
  const places = (state ?? { output: {} }) as Places;
  const taken = new Taken(store, now);
  const book = openErrorBook(telemetryFiles.errors(folder));
  const errors = new ErrorWatch({ book, services: () => orders?.paths.services, now });
  taken.listen(errors.listener);
  const forwarder = new Forwarder({ folder, now });
  taken.listen(forwarder.listener);
  const output = new AllOutput(places.output);
  const gatherer = new Gatherer();
  const intake = new Intake({
    identities: Identities.at(telemetryFiles.key(folder)),
    sink: {
      spans: (_, rows) => taken.spans(rows),
      logs: (...args) => taken.logs(...args),
      metrics: (service, rows) => taken.metrics(service, rows, 'otlp'),
    },
    now,
  });
  const http = new Listening('OTLP over HTTP', serveOtlpHttp(intake));
  const grpc = new Listening('OTLP over gRPC', serveOtlpGrpc(intake));
  let accessLog: AccessLogReader | undefined;
  let gatheredAt = 0;
  let syncedAt = 0;
  let turning: Promise<void> | undefined;

  const readFiles = ({ paths }: Orders) => {
    output.discover(paths.output, paths.ownLogs);
    const { rows, lost } = output.read(now());
    for (const { of, rows: own } of rows) taken.logs(of.service, own);
    for (const { service } of lost) {
      const at = now();
      store.gaps.add({
        from: at,
        to: at,
        why: `output of ${service} was rotated away before it was read`,
        of: ['output'],
      });
    }
    if (accessLog?.path !== paths.accessLog) accessLog = new AccessLogReader(paths.accessLog, places.accessLog);
    for (let round = 0; round < ROUNDS; round++) {
      const read = accessLog.read();
      if (read === undefined) break;
      taken.spans(read.spans);
    }
  };
  const gather = async (asked: Orders) => {
    const at = now();
    if (Math.floor(at / STEP_MS) === Math.floor(gatheredAt / STEP_MS)) return;
    gatheredAt = at;
    const rows = await gatherer.gather(asked, at);
    for (const [service, own] of Map.groupBy(rows, (row) => row.service)) taken.metrics(service, own, 'islet');
    rollUp(store, at);
  };
  const sync = () => {
    syncedAt = now();
    const placed: Places = { output: output.places, ...(accessLog && { accessLog: accessLog.place }) };
    store.sync(placed);
    store.tend();
    errors.keep();
  };
  const look = async () => {
    orders = ordersFile.read();
    if (orders !== undefined) {
      http.ensure(orders.ports.http);
      grpc.ensure(orders.ports.grpc);
      forwarder.follow(orders);
      readFiles(orders);
      await gather(orders);
    }
    if (now() - syncedAt >= LIMITS.syncEveryMs) sync();
  };
  const turn = () => {
    turning ??= look()
      .catch((error: Error) => log.error({ error: error.message, stack: error.stack }, 'a look failed'))
      .finally(() => {
        turning = undefined;
      });
    return turning;
  };

  const api = serveTelemetryApi(
    telemetryHandlers({
      store,
      taken,
      now,
      policyOf,
      startedAt,
      book,
      otlp: () =>
        orders && { http: `http://127.0.0.1:${orders.ports.http}`, grpc: `http://127.0.0.1:${orders.ports.grpc}` },
      forward: () => forwarder.status,
      problems: () => [http, grpc, errors].flatMap(({ problem }) => problem ?? []),
    }),
  );
  // Whoever listens there was killed: of one system there is one telemetry process.
  rmSync(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    api.once('error', reject);
    api.listen(socketPath, resolve);
  });
  await turn();
  const timer = setInterval(() => void turn(), LOOK_MS);
  log.info({ folder: join(folder, 'store'), services: store.services.length }, 'telemetry is gathered');
  return {
    store,
    turn: async () => {
      await turn();
      sync();
    },
    close: async () => {
      clearInterval(timer);
      await turning;
      sync();
      await forwarder.close();
      errors.close();
      http.close();
      grpc.close();
      api.closeAllConnections();
      await new Promise((done) => api.close(done));
    },
  };
}

/** Of the access log, in one look. */
const ROUNDS = 8;

/** A server that listens where it is told to, as soon as it can. */
class Listening {
  readonly #name: string;
  readonly #server: Server;
  #port: number | undefined;
  #triedAt = 0;
  #problem: string | undefined;

  constructor(name: string, server: Server) {
    this.#name = name;
    this.#server = server;
    server.on('error', (error: NodeJS.ErrnoException) => {
      this.#problem = `${this.#name} can't be taken on port ${this.#port}: ${error.code ?? error.message}`;
    });
    server.on('listening', () => {
      this.#problem = undefined;
    });
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  ensure(port: number): void {
    const isThere = this.#server.listening && port === this.#port;
    if (isThere || (port === this.#port && Date.now() - this.#triedAt < LISTEN_AGAIN_MS)) return;
    if (this.#server.listening) this.#server.close();
    this.#port = port;
    this.#triedAt = Date.now();
    this.#server.listen(port, '127.0.0.1');
  }

  close(): void {
    this.#server.close();
    if ('closeAllConnections' in this.#server) (this.#server.closeAllConnections as () => void)();
  }
}
