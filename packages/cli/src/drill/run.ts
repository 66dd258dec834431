import { setTimeout as pause } from 'node:timers/promises';
import { type Connection, reconnect } from '@islet/client/remote';
import { UsageError } from '../failures.ts';
import type { Session } from '../session.ts';
import { startLoad } from './load.ts';
import { type DrillReport, reportOf } from './report.ts';

export const DRILL_KINDS = ['kill', 'pause', 'slow', 'errors', 'partition', 'control-plane'] as const;
export type DrillKind = (typeof DRILL_KINDS)[number];

export interface AskedDrill {
  readonly drill: DrillKind;
  readonly service: string;
  readonly forMs: number;
  readonly rps: number;
  readonly path: string;
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
const AWAY_MS = 15_000;

/** One fault under load: begins it, watches until it is over and everything is as before, and reports. */
export async function runDrill(asked: AskedDrill, { session, signal }: Running): Promise<DrillReport> {
  const { drill, service, rps, path } = asked;
  const eyes = new Eyes(service, session, signal);
  const before = await eyes.look();
  if (before === undefined || before.ready.length === 0) {
    throw new UsageError(`${service} has no instance that is ready`, 'islet status says why');
  }
  const { socket } = await session.client.operator({}, { signal });
  const load = startLoad({ socket, service, path, rps });
  try {
    await pause(BEFORE_MS, undefined, { signal });
    if (load.shots.length > 0 && load.shots.every(({ ok }) => !ok)) {
      throw new UsageError(`${service} answers no request for ${path} as it is`, 'name another with --path');
    }
    const begun = await begin(asked, before, eyes);
    const watched = await watch(drill, { ...begun, before }, eyes);
    await load.stop();
    return reportOf({ drill, service, ...begun, ...watched, shots: load.shots, instances: before.ready.length });
  } finally {
    await load.stop();
  }
}

interface Begun {
  readonly at: number;
  readonly instance: string;
  /** How long the fault lasts. */
  readonly lastsMs: number;
  readonly goalPercent: number;
}

async function begin({ drill, service, forMs }: AskedDrill, before: Look, eyes: Eyes): Promise<Begun> {
  if (drill === 'control-plane') {
    process.kill(before.pid, 'SIGKILL');
    return { at: performance.now(), instance: `pid ${before.pid}`, lastsMs: 0, goalPercent: 100 };
  }
  const { instance, successPercent } = await eyes.client.inject({ service, drill, forMs }, { signal: eyes.signal });
  return { at: performance.now(), instance, lastsMs: drill === 'kill' ? 0 : forMs, goalPercent: successPercent };
}

interface Watched {
  readonly detectedMs: number | undefined;
  readonly recoveredMs: number | undefined;
}

/** Looks until the fault is over and all is as before. */
async function watch(drill: DrillKind, begun: Begun & { readonly before: Look }, eyes: Eyes): Promise<Watched> {
  const { at, instance, lastsMs, before } = begun;
  let detectedMs: number | undefined;
  for (let passed = 0; passed < lastsMs + RECOVER_MS; passed = performance.now() - at) {
    await pause(LOOK_MS, undefined, { signal: eyes.signal });
    const look = await eyes.look();
    const now = performance.now() - at;
    const isSeen = drill === 'control-plane' ? look?.pid !== before.pid : isOut(look, instance);
    if (isSeen) detectedMs ??= Math.round(now);
    // What the proxy keeps out for another's fault is not the control plane's.
    const isWhole = drill === 'control-plane' || look?.ejected.length === 0;
    const isBack = look !== undefined && look.ready.length >= before.ready.length && isWhole;
    const isOver = now >= lastsMs && (detectedMs !== undefined || now >= SHORT_MS);
    if (isBack && isOver) return { detectedMs, recoveredMs: Math.round(now) };
  }
  return { detectedMs, recoveredMs: undefined };
}

function isOut(look: Look | undefined, instance: string): boolean {
  return look !== undefined && (look.ejected.includes(instance) || !look.ready.includes(instance));
}

interface Look {
  readonly pid: number;
  readonly ready: readonly string[];
  readonly ejected: readonly string[];
}

/** Sees a service through whichever control plane lives. */
class Eyes {
  readonly signal: AbortSignal;
  readonly #service: string;
  readonly #session: Session;
  #connection: Connection;

  constructor(service: string, session: Session, signal: AbortSignal) {
    this.#service = service;
    this.#session = session;
    this.signal = signal;
    this.#connection = session.connection;
  }

  get client(): Connection['client'] {
    return this.#connection.client;
  }

  /** Undefined: nobody answered; the next look asks whoever came after. */
  async look(): Promise<Look | undefined> {
    const { signal } = this;
    try {
      const status = await this.client.status({}, { signal });
      const traffic = await this.client.traffic({}, { signal }).catch(() => ({}));
      const { instances = [] } = traffic as { readonly instances?: readonly InstanceCounts[] };
      const seen = status.services.find(({ name }) => name === this.#service);
      return {
        pid: status.processes.controlPlane.pid,
        ready: (seen?.instanceList ?? []).filter(({ state }) => state === 'ready').map(({ id }) => id),
        ejected: instances.filter((it) => it.service === this.#service && it.ejected).map(({ instance }) => instance),
      };
    } catch {
      signal.throwIfAborted();
      this.#connection = await reconnect(this.#session.system.stateFolder, signal, AWAY_MS);
      return undefined;
    }
  }
}

interface InstanceCounts {
  readonly service: string;
  readonly instance: string;
  readonly ejected: boolean;
}
