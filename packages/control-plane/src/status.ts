import type { ServiceStatus, SystemStatus } from '@islet/client';
import type { ComputeInstance } from '@islet/driver';
import {
  describeEnd,
  generationOf,
  isDrained,
  type ObservedInstance,
  PROXY,
  type Status,
  settled,
  short,
  status,
} from '@islet/plan';
import { authorityFile } from './development/authority.ts';
import { isDevelopment } from './development/gateway.ts';
import { HOST } from './facts.ts';
import type { Look } from './observe.ts';
import type { TurnReport } from './reconcile.ts';
import type { Applied, AppliedService, Restoring } from './store/applied.ts';
import type { Decisions, Rollouts } from './store/decisions.ts';

export interface StatusContext {
  readonly folder: string;
  readonly state: string;
  readonly version: string;
  readonly pid: number;
  readonly startedAt: number;
  readonly keeperPid: () => number | undefined;
  readonly seq: () => number;
  readonly applied: () => Applied | undefined;
  readonly decisions: Decisions;
  /** Why what happens can't be recorded; undefined: it is. */
  readonly unrecorded: () => string | undefined;
  readonly warnings: () => readonly string[];
  readonly redact: (text: string) => string;
  /** What is being done with a service's data now, where that can be said. */
  readonly doing: (service: string) => string | undefined;
}

/** The status for people, from one turn: what was seen, what is asked for, and what `plan` said of it. */
export function systemStatus({ look, desired, steps }: TurnReport, context: StatusContext): SystemStatus {
  const applied = context.applied();
  const statuses = status(desired, look.observed, steps);
  const names = desired.services.map(({ name }) => name);
  const services = names.map((name) =>
    serviceStatus(name, { report: { look, desired, steps }, applied, context, statuses }),
  );
  const proxy = look.traffic.kind === 'reachable' ? { pid: look.traffic.pid } : undefined;
  const keeper = context.keeperPid();
  const unrecorded = context.unrecorded();
  return {
    system: applied?.system ?? '',
    folder: context.folder,
    state: context.state,
    ...(applied?.environment === undefined ? {} : { environment: applied.environment }),
    version: context.version,
    revision: context.seq(),
    ...(applied === undefined ? {} : { gateway: gatewayUrl(applied) }),
    ...(applied !== undefined && isDevelopment(applied.gateway) ? { authority: authorityFile() } : {}),
    processes: {
      controlPlane: { pid: context.pid, startedAt: context.startedAt },
      ...(proxy === undefined ? {} : { proxy }),
      ...(keeper === undefined ? {} : { keeper: { pid: keeper } }),
    },
    services,
    settled: settled(statuses) && isRouted({ look, desired, steps }) && !isRestoring(applied),
    routed: isRouted({ look, desired, steps }),
    ...(unrecorded === undefined ? {} : { unrecorded: context.redact(unrecorded) }),
    warnings: [...context.warnings(), ...look.problems, ...trafficProblems(look)].map(context.redact),
  };
}

/** A service that is down for its restore comes up again. */
function isRestoring(applied: Applied | undefined): boolean {
  return applied?.services.some(({ restoring }) => restoring !== undefined) ?? false;
}

/** Everything that was asked for is gone, and nothing is under way: no proxy is needed to know that. */
export function isAllGone({ services }: SystemStatus, { look }: TurnReport): boolean {
  const busy = Object.values(look.observed.held).some(
    ({ kind, step }) => kind === 'running' && step.kind !== 'publish',
  );
  return !busy && services.every(({ state }) => state === 'stopped');
}

/** The proxy has acknowledged what this turn wants, and is not being told anything else. */
function isRouted({ look, steps }: TurnReport): boolean {
  const publishing = look.observed.held.publish?.kind === 'running';
  const pending = steps.some((step) => step.kind === 'publish' || (step.kind === 'wait' && step.service === PROXY));
  return look.traffic.kind === 'reachable' && !publishing && !pending;
}

function trafficProblems({ traffic, observed }: Look): readonly string[] {
  const refused = observed.held.publish;
  return [
    ...(traffic.kind === 'reachable' ? traffic.problems : [traffic.reason]),
    ...(refused?.kind === 'cooling' ? [`the proxy did not take its routes: ${refused.reason}`] : []),
  ];
}

function dataIsBeing({ wanted }: Restoring, doing: string | undefined): string {
  if (wanted.kind !== 'upgrade') return 'its data is being restored';
  return `its data is being taken over to another version${doing === undefined ? '' : `: ${doing}`}`;
}

interface ServiceContext {
  readonly report: TurnReport;
  readonly applied: Applied | undefined;
  readonly context: StatusContext;
  readonly statuses: Readonly<Record<string, Status>>;
}

function serviceStatus(name: string, { report, applied, context, statuses }: ServiceContext): ServiceStatus {
  const { look } = report;
  const wanted = applied?.services.find(({ spec }) => spec.name === name);
  const asked = report.desired.services.find((service) => service.name === name);
  const seen = look.observed.services[name];
  const instances = seen?.instances ?? [];
  const rollouts = context.decisions.rollouts(name);
  const failure = wanted && rollouts.failed.get(generationOf(wanted.revision, wanted.restarts));
  const { state, why } = statuses[name] ?? { state: 'stopped', why: 'is stopped' };
  const isOut = ({ id }: ObservedInstance) =>
    asked?.kind === 'present' && isDrained(asked, { id }) && !isRoutedTo(id, look);
  const ready = instances.filter(
    (instance) => instance.state.kind === 'ready' && !isWarm(instance, rollouts, look) && !isOut(instance),
  );
  const known = rollouts.stable?.revision;
  const serving = ready.some(({ revision }) => revision === known) ? known : (ready[0]?.revision ?? known);
  const database = databaseOf(wanted, look);
  const redis = wanted?.spec.redis && stateOf('redis', name, look);
  const address = wanted && addressOf(wanted, applied);
  return {
    name,
    language: wanted?.spec.language ?? '',
    state,
    why: context.redact(
      wanted?.restoring === undefined ? why : `${dataIsBeing(wanted.restoring, context.doing(name))}; ${why}`,
    ),
    ...(serving === undefined ? {} : { revision: short(serving) }),
    ...(wanted === undefined ? {} : { wanted: short(wanted.revision) }),
    instances: {
      ready: ready.length,
      desired: asked?.kind === 'present' ? asked.instances : 0,
    },
    ...(address === undefined ? {} : { address }),
    ...(database === undefined ? {} : { database }),
    ...(redis === undefined ? {} : { redis }),
    blocked: asked?.kind === 'present' ? asked.blocked.map(context.redact) : [],
    ...(failure === undefined
      ? {}
      : { failure: { ...failure, reason: context.redact(failure.reason), log: failure.log.map(context.redact) } }),
    instanceList: instances.map((instance) =>
      instanceStatus(instance, look.instances.get(instance.id), {
        report,
        isWarm: isWarm(instance, rollouts, look),
        isOut: isOut(instance),
      }),
    ),
  };
}

function instanceStatus(
  { id, revision, state, exits }: ObservedInstance,
  process: ComputeInstance | undefined,
  {
    report: { look },
    isWarm,
    isOut,
  }: { readonly report: TurnReport; readonly isWarm: boolean; readonly isOut: boolean },
): ServiceStatus['instanceList'][number] {
  const running = process?.process.kind === 'running' ? process.process : undefined;
  const isReady = state.kind === 'ready';
  const draining =
    isReady &&
    !isRoutedTo(id, look, 'warm') &&
    !isRoutedTo(id, look) &&
    look.observed.traffic.inFlight[id] !== undefined;
  const why = state.kind === 'exited' ? describeEnd(state) : 'why' in state ? state.why : undefined;
  return {
    id,
    revision: short(revision),
    state: draining
      ? 'draining'
      : isReady && isOut
        ? 'drained'
        : isWarm
          ? 'warm'
          : state.kind === 'hung'
            ? 'unready'
            : state.kind,
    ...(running === undefined ? {} : { pid: running.pid, startedAt: running.startedAt }),
    ...(process === undefined ? {} : { port: process.port }),
    exits,
    ...(why === undefined ? {} : { why }),
  };
}

/** It serves nobody, and is kept so that the service can go back to it at once. */
function isWarm({ id, generation, state }: ObservedInstance, { fallback }: Rollouts, look: Look): boolean {
  return state.kind === 'ready' && fallback?.generation === generation && !isRoutedTo(id, look);
}

function isRoutedTo(id: string, { observed }: Look, as: 'endpoints' | 'warm' = 'endpoints'): boolean {
  return Object.values(observed.traffic.acknowledged?.[as] ?? {}).some((ids) => ids.includes(id));
}

function databaseOf(wanted: AppliedService | undefined, look: Look): ServiceStatus['database'] {
  const engine = wanted?.spec.database?.engine;
  return engine === undefined ? undefined : { engine, ...stateOf(engine, wanted?.spec.name ?? '', look) };
}

/** Of one store of a service, whatever becomes of the others. */
function stateOf(
  engine: string,
  service: string,
  { engines }: Look,
): { readonly state: string; readonly pid?: number } {
  const store = engines.find((one) => one.engine === engine)?.stores[service];
  const pid = store?.kind === 'ready' ? store.pid : undefined;
  return { state: store?.kind ?? 'none', ...(pid === undefined ? {} : { pid }) };
}

/** Its public URL; for an internal one, its fixed port, or nothing: only its callers' edges lead there. */
function addressOf({ spec }: AppliedService, applied: Applied | undefined): string | undefined {
  const [route] = spec.api.expose;
  if (route !== undefined && applied !== undefined) {
    return `${gatewayUrl(applied, route.host)}${route.path === '/' ? '/' : route.path}`;
  }
  return spec.api.port === undefined ? undefined : `${HOST}:${spec.api.port}`;
}

export function gatewayUrl({ gateway }: Applied, host?: string): string {
  const name = host ?? (gateway.host === '0.0.0.0' || gateway.host === '127.0.0.1' ? 'localhost' : gateway.host);
  const [scheme, usual] = gateway.tls === undefined ? ['http', 80] : ['https', 443];
  return `${scheme}://${name}${gateway.port === usual ? '' : `:${gateway.port}`}`;
}
