import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcessCompute } from '@islet/compute-process';
import { createFiles } from '@islet/data-files';
import { createMariadb } from '@islet/data-mariadb';
import { createExternal, createPostgres } from '@islet/data-postgres';
import { createRedis } from '@islet/data-redis';
import { createSqlite } from '@islet/data-sqlite';
import { type ComputeDriver, layoutOf } from '@islet/driver';
import { socketPath } from '@islet/keeper/life';
import { accessLogOf, findRecords } from '@islet/proxy';
import { openSupervisor, type Supervisor } from '@islet/supervise';
import { createProxyTraffic, type ProxyTraffic } from '@islet/traffic-proxy';
import type { Logger } from 'pino';
import type { Sentinel } from './alerts/sentinel.ts';
import { sentinelOf } from './alerts/system-sentinel.ts';
import { createOverseer, type Overseer } from './backup/overseer.ts';
import { systemClock } from './clock.ts';
import { LAST_GRACE_MS } from './deadlines.ts';
import { createInstrument } from './instruments.ts';
import { inspectMachine, SERVER_PATH } from './machine.ts';
import { check } from './probe/check.ts';
import { openState } from './state.ts';
import type { Applied } from './store/applied.ts';
import { createSystem, type System } from './system.ts';
import type { SystemParts } from './system-parts.ts';
import { createTelemetry, type Telemetry } from './telemetry/overseer.ts';

export interface ComposeOptions {
  readonly folder: string;
  readonly stateFolder: string;
  readonly version: string;
  readonly log: Logger;
  readonly keeperPid: () => number | undefined;
  readonly onDown: SystemParts['onDown'];
  readonly idle: boolean;
}

export interface Composed {
  readonly system: System;
  readonly backups: Overseer;
  /** Undefined: this one only answers. */
  readonly telemetry: Telemetry | undefined;
  readonly sentinel: Sentinel;
  /** Lets go of everything; services, databases and the proxy run on, unless their processes are to end too. */
  readonly close: (how?: { readonly withProcesses: boolean }) => Promise<void>;
}

const STATS_MS = 2_000;

/** The composition root: the one file that names concrete drivers. */
export async function compose(options: ComposeOptions): Promise<Composed> {
  const { folder, stateFolder, log } = options;
  const state = openState(stateFolder);
  const { layout, id, ports } = state;
  const machine = await inspectMachine(stateFolder);
  const supervisor = await openSupervisor({ folder: layoutOf.processes(layout), system: id });
  const compute = await createProcessCompute({ layout, system: id, supervisor, nodeBin: machine.nodeBin });
  const traffic = createProxyTraffic({ socketPath: socketPath(stateFolder, 'proxy') });
  const data = [
    createPostgres({ layout, system: id, supervisor, tools: machine.tools, ports, log, path: SERVER_PATH }),
    createMariadb({ layout, system: id, supervisor, tools: machine.tools, ports, log, path: SERVER_PATH }),
    createSqlite({ layout, system: id }),
    createRedis({ layout, system: id, supervisor, ports, log, path: SERVER_PATH }),
    createFiles({ layout, system: id }),
    createExternal(),
  ];
  const argv = [process.execPath, fileURLToPath(import.meta.resolve('@islet/control-plane/backup/main'))];
  const backups = createOverseer({ state, data, supervisor, clock: systemClock, log, argv });
  const accessLog = accessLogOf(layoutOf.routingTable(layout));
  const telemetry = options.idle
    ? undefined
    : await createTelemetry({
        state,
        data,
        supervisor,
        clock: systemClock,
        log,
        argv: [process.execPath, fileURLToPath(import.meta.resolve('@islet/telemetry/main'))],
        socketPath: socketPath(stateFolder, 'telemetry'),
        paths: {
          processes: layoutOf.processes(layout),
          output: dirname(layoutOf.serviceLogs(layout, '_')),
          ownLogs: layoutOf.logs(layout),
          accessLog,
          services: dirname(layoutOf.service(layout, '_')),
          proxySocket: socketPath(stateFolder, 'proxy'),
        },
      });
  const system = createSystem({
    folder,
    state,
    machine,
    compute,
    traffic,
    data,
    log,
    backups,
    ...(telemetry && { telemetry }),
    instrument: createInstrument({ layout, folder: (of) => compute.folder(of), log }),
    guarantees: () => supervisor.guarantees(),
    clock: systemClock,
    check,
    version: options.version,
    operatorSocket: socketPath(stateFolder, 'operator'),
    keeperPid: options.keeperPid,
    requests: (id) => requestsOf(id, { traffic, log: accessLog }),
    explainToken: (forMs) => traffic.explainToken(forMs, { signal: AbortSignal.timeout(STATS_MS) }),
    purge: (purge) => traffic.purge(purge, { signal: AbortSignal.timeout(STATS_MS) }),
    stats: () => traffic.stats({ signal: AbortSignal.timeout(STATS_MS) }),
    onDown: options.onDown,
    idle: options.idle,
  });
  const sentinel = sentinelOf(system);
  const watches = [
    compute.watch(() => system.reconciler.poke()),
    traffic.watch((change) => {
      if (change.kind === 'wanted') system.autoscaler.wake();
      system.reconciler.poke();
    }),
    ...data.map((driver) => driver.watch(() => system.reconciler.poke())),
  ];
  const close = async ({ withProcesses } = { withProcesses: false }) => {
    for (const watch of watches) watch[Symbol.dispose]();
    sentinel.close();
    system.status.close();
    await system.reconciler.close();
    await system.care.close();
    system.close();
    backups.close();
    telemetry?.close();
    if (withProcesses) await endAll({ supervisor, compute, applied: state.applied.current() });
    await Promise.all([compute.close(), traffic.close(), ...data.map((driver) => driver.close())]);
    await supervisor.close();
    state.close();
  };
  return { system, backups, telemetry, sentinel, close };
}

interface Left {
  readonly supervisor: Supervisor;
  readonly compute: ComputeDriver;
  readonly applied: Applied | undefined;
}

/** Every process, and then what services have on the machine beside their data: users above all. */
async function endAll({ supervisor, compute, applied }: Left): Promise<void> {
  const processes = [...supervisor.observe().keys()];
  await Promise.allSettled(processes.map((name) => supervisor.stop(name, { graceMs: LAST_GRACE_MS })));
  const services = [
    ...(applied?.services.map(({ spec }) => spec.name) ?? []),
    ...(applied?.gone ?? []).map(({ name }) => name),
  ];
  const signal = AbortSignal.timeout(LAST_GRACE_MS);
  await Promise.allSettled(services.map((service) => compute.purge({ service }, { signal })));
}

/** From the proxy, which holds the newest; where it is not there, from what it has written. */
async function requestsOf(id: string, { traffic, log }: { readonly traffic: ProxyTraffic; readonly log: string }) {
  const deadline = { signal: AbortSignal.timeout(STATS_MS) };
  return await traffic.requests(id, deadline).catch(() => findRecords(log, id));
}
