import { setTimeout as pause } from 'node:timers/promises';
import type { DrillTarget } from '@islet/client';
import { UsageError } from '../failures.ts';
import type { Session } from '../session.ts';
import { Eyes, type Look } from './eyes.ts';
import { HEALTH, ROOT, startLoad } from './load.ts';
import { since } from './others.ts';
import { type DrillReport, reportOf } from './report.ts';

export const DRILL_KINDS = ['kill', 'pause', 'slow', 'errors', 'partition', 'disk-full', 'control-plane'] as const;
export type DrillKind = (typeof DRILL_KINDS)[number];

export interface AskedDrill {
  readonly drill: DrillKind;
  readonly service: string;
  readonly forMs: number;
  readonly rps: number;
  /** Undefined: what the service's own smoke test or contract asks. */
  readonly path: string | undefined;
}

interface Running {
  readonly session: Session;
  readonly signal: AbortSignal;
}

/** Before the fault, so that a service that fails anyway is not taken for one that a drill has broken. */
const BEFORE_MS = 1_000;
const LOOK_MS = 50;
/** A death may be over before anybody looked. */
const SHORT_MS = 2_000;
const RECOVER_MS = 60_000;
/** From the fault on: a share of the requests says little of few of them, and must not depend on how soon it was mended. */
const LOAD_AT_LEAST_MS = 10_000;

/** One fault under load: begins it, watches until it is over and everything is as before, and reports. */
export async function runDrill(asked: AskedDrill, { session, signal }: Running): Promise<DrillReport> {
  const { drill, service, rps, path } = asked;
  const eyes = new Eyes(service, session, signal);
  const before = await wholeLook(eyes);
  const { socket } = await eyes.client.operator({}, { signal });
  const target = await eyes.client.drillTarget({ service }, { signal });
  const requests = requestsOf(target, path);
  const startedAt = performance.now();
  const load = startLoad({ socket, service, protocol: target.protocol, requests, rps });
  try {
    await pause(BEFORE_MS, undefined, { signal });
    if (load.shots.length > 0 && load.shots.every(({ ok }) => !ok)) {
      const paths = requests.map((one) => one.path).join(', ');
      throw new UsageError(`${service} answers no request for ${paths} as it is`, 'name another with --path');
    }
    const begun = await begin(asked, before, eyes);
    const watched = await watch(drill, { ...begun, before }, eyes);
    await pause(Math.max(0, LOAD_AT_LEAST_MS - (performance.now() - begun.at)), undefined, { signal });
    await load.stop();
    const { others } = (await eyes.look()) ?? (await eyes.look()) ?? before;
    const goalPercent = ISLETS_OWN.has(drill) ? 100 : target.goal.successPercent;
    const from = path === undefined ? target.from : 'path';
    const seen = { ...begun, ...watched, others: since(before.others, others) };
    return reportOf({
      drill,
      service,
      asked: from,
      goalPercent,
      ...seen,
      shots: load.shots,
      overMs: performance.now() - startedAt,
      instances: before.ready.length,
      sloPercent: target.goal.sloPercent,
    });
  } finally {
    await load.stop();
  }
}

/**
 * The drill before may have left a control plane that has just begun, or an instance that is still kept out. A service that lacks
 * an instance anyway would fail for that, and not for the fault.
 */
async function wholeLook(eyes: Eyes): Promise<Look> {
  const deadline = performance.now() + RECOVER_MS;
  for (;;) {
    const look = await eyes.look();
    const problem = whatLacks(eyes.service, look);
    if (look !== undefined && problem === undefined) return look;
    if (performance.now() > deadline) {
      throw new UsageError(problem ?? 'the control plane does not answer', 'islet status says why');
    }
    await pause(LOOK_MS, undefined, { signal: eyes.signal });
  }
}

/** Undefined: it is whole, so that a fault can be begun. */
export function whatLacks(
  service: string,
  look: Pick<Look, 'ready' | 'desired' | 'ejected'> | undefined,
): string | undefined {
  if (look === undefined) return undefined;
  const { ready, desired, ejected } = look;
  if (ready.length === 0) return `${service} has no instance that is ready`;
  if (ready.length < desired)
    return `${service} has ${ready.length} of ${desired} instances ready, and a drill wants all`;
  return ejected.length === 0 ? undefined : `the proxy keeps ${ejected.join(', ')} out already`;
}

/** Faults of Islet itself, of which no request may feel anything. */
const ISLETS_OWN: ReadonlySet<DrillKind> = new Set(['control-plane', 'disk-full']);

function requestsOf({ protocol, requests }: DrillTarget, path: string | undefined): DrillTarget['requests'] {
  if (path !== undefined) return [{ ...ROOT, path }];
  // A smoke file and a contract of HTTP say nothing of calls.
  if (protocol === 'grpc') return [HEALTH];
  return requests.length === 0 ? [ROOT] : requests;
}

interface Begun {
  readonly at: number;
  readonly instance: string;
  /** How long the fault lasts. */
  readonly lastsMs: number;
}

async function begin({ drill, service, forMs }: AskedDrill, before: Look, eyes: Eyes): Promise<Begun> {
  if (drill === 'control-plane') {
    process.kill(before.pid, 'SIGKILL');
    return { at: performance.now(), instance: `pid ${before.pid}`, lastsMs: 0 };
  }
  const { instance } = await eyes.client.inject({ service, drill, forMs }, { signal: eyes.signal });
  return { at: performance.now(), instance, lastsMs: drill === 'kill' ? 0 : forMs };
}

interface Watched {
  readonly detectedMs: number | undefined;
  readonly recoveredMs: number | undefined;
}

/** Looks until the fault is over and all is as before. */
async function watch(drill: DrillKind, begun: Begun & { readonly before: Look }, eyes: Eyes): Promise<Watched> {
  const { at, lastsMs, before } = begun;
  let detectedMs: number | undefined;
  for (let passed = 0; passed < lastsMs + RECOVER_MS; passed = performance.now() - at) {
    await pause(LOOK_MS, undefined, { signal: eyes.signal });
    const look = await eyes.look();
    const now = performance.now() - at;
    if (isSeen(drill, look, begun)) detectedMs ??= Math.round(now);
    const isOver = now >= lastsMs && (detectedMs !== undefined || now >= SHORT_MS);
    if (isOver && isAsBefore(drill, look, before)) return { detectedMs, recoveredMs: Math.round(now) };
  }
  return { detectedMs, recoveredMs: undefined };
}

function isSeen(drill: DrillKind, look: Look | undefined, { instance, before }: Begun & { before: Look }): boolean {
  if (drill === 'control-plane') return look?.pid !== before.pid;
  if (look === undefined) return false;
  if (drill === 'disk-full') return !look.isRecording;
  return look.ejected.includes(instance) || !look.ready.includes(instance);
}

function isAsBefore(drill: DrillKind, look: Look | undefined, before: Look): boolean {
  if (look === undefined || look.ready.length < before.ready.length || !look.isRecording) return false;
  // What the proxy keeps out for another's fault is not Islet's.
  return ISLETS_OWN.has(drill) || look.ejected.length === 0;
}
