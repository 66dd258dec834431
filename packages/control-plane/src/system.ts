import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SystemStatus } from '@islet/client';
import type { ComputeDriver, ComputeInstance, DataDriver, InputsKeyRequest, TrafficDriver } from '@islet/driver';
import { type Desired, plan } from '@islet/plan';
import type { Guarantee } from '@islet/supervise';
import type { Logger } from 'pino';
import { type ApplyParts, folderOf } from './apply.ts';
import { type Bulletin, createBulletin } from './bulletin.ts';
import type { Clock } from './clock.ts';
import { desireOf } from './desire.ts';
import { execute, type Hands } from './execute.ts';
import { HOST } from './facts.ts';
import { giveUp } from './failures.ts';
import { createLedger } from './ledger.ts';
import { commandText, type Machine } from './machine.ts';
import { createObserver, type Look, processKey } from './observe.ts';
import { portOwner } from './port-owner.ts';
import type { Check } from './probe/check.ts';
import { createProber, type Subject } from './probe/prober.ts';
import { noteProxyDeath } from './proxy-death.ts';
import { createReconciler, type Reconciler, type TurnReport } from './reconcile.ts';
import { redactor } from './redact.ts';
import { edgeName, type Routes, routesOf } from './routing.ts';
import type { State } from './state.ts';
import { type StatusContext, systemStatus } from './status.ts';
import type { LaunchSpec } from './store/applied.ts';
import { isFree } from './store/ports.ts';

const PROXY_PATIENCE_MS = 1_000;
const PROXY_LOOK_MS = 50;

export interface SystemParts {
  /** Absolute path of the system's folder. */
  readonly folder: string;
  readonly state: State;
  readonly machine: Machine;
  readonly compute: ComputeDriver;
  readonly traffic: TrafficDriver;
  readonly data: readonly DataDriver[];
  readonly guarantees: () => readonly Guarantee[];
  readonly clock: Clock;
  readonly check: Check;
  readonly log: Logger;
  readonly version: string;
  readonly operatorSocket: string;
  readonly keeperPid: () => number | undefined;
  /** The proxy's counts, as it tells them. */
  readonly stats: () => Promise<unknown>;
  /** Everything is gone, as asked: Islet's own processes may end. */
  readonly onDown: () => void;
}

/** A system under control: the loop, and what the API needs of it. */
export interface System {
  readonly parts: SystemParts;
  readonly hands: Hands;
  readonly context: StatusContext;
  readonly applying: ApplyParts;
  readonly reconciler: Reconciler;
  readonly status: Bulletin<SystemStatus>;
  /** The last turn's; undefined before the first one. */
  latest(): TurnReport | undefined;
  desired(look: Look): Desired;
  /** Looks now, without a turn. */
  look(): Promise<Look>;
  redact(text: string): string;
  /** Stops probing. */
  close(): void;
}

export function createSystem(parts: SystemParts): System {
  const { state, machine, compute, traffic, data, clock, log } = parts;
  const { applied, decisions, secrets, ports } = state;
  const startedAt = clock.now();
  const status = createBulletin<SystemStatus>();
  let report: TurnReport | undefined;

  const prober = createProber({ clock, check: parts.check, onTurn: () => reconciler.poke() });
  const ledger = createLedger(clock, ({ id, service }, how) => {
    decisions.record({ kind: 'ended', service, instance: id, how }, clock.now());
    log.warn({ service, instance: id, how }, 'an instance ended');
  });
  const subject = (instance: ComputeInstance, adopted: boolean): Subject | undefined => {
    const spec = specOf(instance.service, instance.revision);
    if (spec === undefined || instance.process.kind !== 'running') return undefined;
    return {
      key: processKey(instance),
      instance: instance.id,
      health: spec.health,
      startedAt: instance.process.startedAt,
      adopted,
      site: {
        host: HOST,
        port: instance.port,
        exec: (command, signal) => runProbe(parts, instance, { command, signal }),
      },
    };
  };
  const observer = createObserver({ compute, traffic, data, prober, ledger, decisions, clock, subject });

  /** How a revision is run and probed: as the file says now, where the revision is the one asked for. */
  const specOf = (service: string, revision: string): LaunchSpec | undefined => {
    const wanted = applied.current()?.services.find(({ spec }) => spec.name === service);
    return wanted?.revision === revision ? wanted.spec : applied.launch(service, revision);
  };
  const routes = (look: Look): Routes => {
    const wanted = applied.current()?.services.map(({ spec }) => spec) ?? [];
    const running = [...look.instances.values()].flatMap((it) => specOf(it.service, it.revision) ?? []);
    const edgePort = (caller: string, service: string) => ports.get(edgeName(caller, service));
    const specs = [...wanted, ...running];
    return routesOf({ applied: applied.current(), specs, edgePort, operatorSocket: parts.operatorSocket });
  };
  const desired = (look: Look) => desireOf(applied.current(), { decisions, routes: routes(look).key, startedAt });
  const redact = (text: string) => redactor(secrets.values())(text);

  const hands: Hands = {
    ...{ applied, ports, secrets, decisions, compute, traffic, data, clock, routes },
    dataOf: ({ database }) => data.find(({ engine }) => engine === database?.engine),
    pathOf: async () => machine.servicePath(applied.current()?.path ?? ''),
    buildRequest: async (spec, revision) => {
      const { path = '', mode, services = [] } = applied.current() ?? {};
      const key = services.find((service) => service.revision === revision)?.inputsKey;
      const by = keyRequest(parts, spec, path);
      const named = key === undefined ? undefined : { key, by };
      const { folder, inputs } = by;
      return {
        ...{ folder, inputs, named, service: spec.name, revision },
        command: spec.run.build,
        path: machine.servicePath(path),
        inPlace: mode === 'in-place',
      };
    },
    unavailable: (service) => status.latest()?.services.find(({ name }) => name === service)?.why,
  };
  const context: StatusContext = {
    ...{ folder: parts.folder, state: state.layout.state, version: parts.version, pid: process.pid, startedAt },
    ...{ keeperPid: parts.keeperPid, seq: applied.seq, applied: applied.current, decisions, redact },
    warnings: () => warningsOf(parts.guarantees()),
  };

  const onTurn = (turn: TurnReport) => {
    report = turn;
    noteProxyDeath(turn.look.traffic, { decisions, clock });
    const next = systemStatus(turn, context);
    status.post(next);
    const running = Object.values(turn.look.observed.held).some(({ kind }) => kind === 'running');
    if (applied.current()?.goingDown && next.settled && !running) parts.onDown();
  };
  const reconciler: Reconciler = createReconciler({
    ...{ observer, desired, onTurn, clock, log },
    execute: (step, look, signal) => {
      log.info({ step: step.kind, ...('service' in step ? { service: step.service } : {}) }, 'step');
      return execute(step, hands, look, signal);
    },
    onFailure: (step, error, attempt) => {
      log.warn({ step, attempt, error: redact(error.message) }, 'a step failed');
      giveUp(step, error, { attempt, hands });
    },
  });

  const applying: ApplyParts = {
    ...{ folder: parts.folder, applied, decisions, secrets, ports, clock },
    inputsKey: (spec, path) => compute.inputsKey(keyRequest(parts, spec, path)),
    blockedBy: async (spec, path) => machine.missingTools(spec, path),
    gatewayTaken: async ({ host, port }) => {
      if ((await isFree(port, host)) || (await isOurs(port, parts))) return undefined;
      const owner = await portOwner(port);
      return `the gateway can't listen on ${host}:${port}: ${owner ?? 'another program'} does`;
    },
    isOurs: (port) => isOurs(port, parts),
  };

  return {
    ...{ parts, hands, context, applying, reconciler, status, desired, redact },
    latest: () => report,
    close: () => prober.close(),
    look: () => observer.look(report?.look.observed.held ?? {}),
  };
}

/** What a turn would report, without taking any step. */
export async function lookOnce(system: System): Promise<TurnReport> {
  const look = await system.look();
  const desired = system.desired(look);
  return { look, desired, steps: plan(desired, look.observed, system.parts.clock.now()) };
}

/** What a revision is made of, as it lies there. */
function keyRequest({ folder: system, machine }: SystemParts, spec: LaunchSpec, path: string): InputsKeyRequest {
  const folder = folderOf(system, spec);
  return {
    folder,
    inputs: spec.run.inputs.map((input) => join(folder, input)),
    build: spec.run.build,
    run: commandText(spec.run.command),
    path: machine.servicePath(path),
  };
}

/** Whether the proxy of this system listens there. One that was just started again is given the time to say so. */
async function isOurs(port: number, { traffic, clock }: SystemParts): Promise<boolean> {
  const deadline = clock.now() + PROXY_PATIENCE_MS;
  let seen = await traffic.observe();
  while (seen.kind === 'unreachable' && clock.now() < deadline) {
    await pause(PROXY_LOOK_MS);
    seen = await traffic.observe();
  }
  const listeners = (seen.kind === 'reachable' ? seen.table?.listeners : undefined) ?? [];
  return listeners.some((listener) => listener.kind !== 'operator' && listener.port === port);
}

function warningsOf(guarantees: readonly Guarantee[]): string[] {
  return guarantees.filter(({ held }) => !held).map(({ name, reason }) => `no ${name}: ${reason}`);
}

/** An exec probe runs beside the instance: as its user, in its folder. */
async function runProbe(
  { compute }: SystemParts,
  { id, service, port }: ComputeInstance,
  { command, signal }: { command: string; signal: AbortSignal },
): Promise<number> {
  const { argv, cwd, env } = await compute.commandFor({ service, instance: id });
  const [program = '/bin/sh', ...args] = [...argv, '/bin/sh', '-c', command];
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, PORT: String(port), HOST },
      stdio: 'ignore',
      signal,
      killSignal: 'SIGKILL',
    });
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
