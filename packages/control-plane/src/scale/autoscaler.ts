import { availableParallelism, totalmem } from 'node:os';
import type { InstanceUsage } from '@islet/driver';
import { generationOf, type InstanceId, type ObservedInstance } from '@islet/plan';
import {
  type Allotment,
  allot,
  decideScale,
  judgeSignal,
  NO_SCALE_MEMORY,
  type Resources,
  rememberChange,
  rememberWanted,
  type ScaleMemory,
  type ScaleVerdict,
} from '@islet/policy';
import type { Clock } from '../clock.ts';
import type { Applied, AppliedService } from '../store/applied.ts';
import type { Decisions } from '../store/decisions.ts';
import { budgetOf, costOf, fixedDemand } from './budget.ts';
import { isAutoscaled } from './follows.ts';
import { type EdgeCounters, type Load, loadOf, type Reading } from './load.ts';
import { localTime } from './local-time.ts';
import { signalsOf, type UsageReading, usedBy } from './signals.ts';
import { whyText } from './why.ts';

/** How often the counters are read; a decision is made on `SYNC_MS` of them. Kubernetes: 15 s; here nothing is far away. */
const READ_MS = 1_000;
const SYNC_MS = 5_000;
/** Where the last second alone asks for so many times the instances, nothing is waited for. Knative: panic threshold. */
const PANIC = 2;
/** How long one look may take. */
const LOOK_MS = 2_000;

export interface AutoscalerParts {
  readonly applied: () => Applied | undefined;
  readonly decisions: Decisions;
  readonly clock: Clock;
  /** The proxy's counters. */
  readonly stats: () => Promise<{ readonly edges: readonly EdgeCounters[] }>;
  readonly usage: () => Promise<Readonly<Record<InstanceId, InstanceUsage>>>;
  /** What was seen of a service by the last turn. */
  readonly seen: (service: string) => readonly ObservedInstance[];
  /** Another number is asked for. */
  readonly onChange: () => void;
  /** A look, or the record of a decision, failed; there will be another. */
  readonly onTrouble: (error: Error) => void;
  readonly machine?: Resources;
  /** Decides nothing, and looks at nothing. */
  readonly idle: boolean;
}

/** What was decided last about one service, and on which grounds. */
export interface Scaling {
  readonly at: number;
  readonly verdict: ScaleVerdict;
  readonly allotment: Allotment;
  readonly load: Load | undefined;
  readonly why: string;
}

export interface Autoscaler {
  /** Instances to ask for: a person's number, the file's, or the last one decided. */
  instances(service: AppliedService): number;
  /** Undefined: nothing was decided yet, or its number follows nothing. */
  scaling(service: string): Scaling | undefined;
  /** Looks now: somebody waits for an instance. */
  wake(): void;
  close(): void;
}

interface Following {
  readonly memory: ScaleMemory;
  readonly idleSince: number | undefined;
}

/**
 * Reads, decides, records, and lets the loop do the rest. What it remembers of the last minutes is lost with the process;
 * the number that was decided last is not: a new control plane goes on from there, and takes nothing away before it has
 * looked for as long as the stabilization lasts.
 */
export function createAutoscaler(parts: AutoscalerParts): Autoscaler {
  const { clock, decisions } = parts;
  const machine = parts.machine ?? { cpu: availableParallelism(), memoryBytes: totalmem() };
  const following = new Map<string, Following>();
  const latest = new Map<string, Scaling>();
  let readings: readonly Reading[] = [];
  let usages: readonly UsageReading[] = [];
  let syncedAt = Number.NEGATIVE_INFINITY;
  let timer: Disposable | undefined;
  let looking = false;
  let closed = parts.idle;

  const instances = (service: AppliedService): number => {
    if (!isAutoscaled(service)) return service.instances;
    const { min, max } = service.spec.scale;
    const decided = decisions.scaled(service.spec.name) ?? Math.max(1, min);
    const least = isProving(service, decisions) ? Math.max(1, min) : min;
    return Math.min(max, Math.max(least, decided));
  };

  const services = () => (parts.applied()?.services ?? []).filter(isAutoscaled);

  const tick = async () => {
    if (looking) return;
    looking = true;
    try {
      await look();
    } catch (error) {
      // Its record may not have been kept (a full disk): the number stays, and the next look decides anew.
      parts.onTrouble(error instanceof Error ? error : new Error(String(error)));
    }
    looking = false;
    arm();
  };

  const arm = () => {
    timer?.[Symbol.dispose]();
    if (!closed) timer = clock.after(READ_MS, () => void tick(), { background: true });
  };

  const look = async () => {
    const followed = services();
    forget(followed);
    if (followed.length === 0) return;
    const isDue = clock.now() - syncedAt >= SYNC_MS || clock.now() < syncedAt;
    const [reading, usage] = await Promise.all([
      attempt(async () => ({ edges: (await parts.stats()).edges, at: clock.now() })),
      isDue ? attempt(async () => ({ usage: await parts.usage(), at: clock.now() })) : undefined,
    ]);
    if (closed) return;
    const now = clock.now();
    if (reading !== undefined) readings = [...readings.filter(({ at }) => isRecent(at, reading.at)), reading];
    if (usage !== undefined) usages = [...usages.slice(-1), usage];
    const answered = reading !== undefined;
    for (const { spec } of followed) noteUse(spec.name, { answered, now });
    if (isDue || followed.some((service) => isUrgent(service, answered))) sync(followed, answered, now);
  };

  const loadSince = (service: string, first: Reading | undefined): Load | undefined => {
    const last = readings.at(-1);
    return first === undefined || last === undefined ? undefined : loadOf(service, first, last);
  };

  const noteUse = (service: string, { answered, now }: { answered: boolean; now: number }) => {
    const memory = following.get(service) ?? { memory: NO_SCALE_MEMORY, idleSince: undefined };
    const load = answered ? loadSince(service, readings.at(-2)) : undefined;
    const inUse = load === undefined || load.inFlight > 0 || load.rps > 0;
    const idleSince = inUse ? undefined : Math.min(memory.idleSince ?? now, now);
    following.set(service, { ...memory, idleSince });
  };

  const isUrgent = (service: AppliedService, answered: boolean): boolean => {
    const load = answered ? loadSince(service.spec.name, readings.at(-2)) : undefined;
    if (load === undefined) return false;
    const current = instances(service);
    if (current === 0) return load.inFlight > 0;
    const { targets } = service.spec.scale;
    const quick = targets.filter(({ metric }) => metric === 'concurrency' || metric === 'rps');
    const measured = { load, used: undefined, resources: service.spec.run.resources };
    const wants = signalsOf(quick, measured).map(
      (signal) => judgeSignal(signal, { current, measured: current }).wants ?? 0,
    );
    return current < service.spec.scale.max && Math.max(0, ...wants) >= PANIC * current;
  };

  const sync = (followed: readonly AppliedService[], answered: boolean, now: number) => {
    const isSteady = now - syncedAt >= SYNC_MS;
    syncedAt = now;
    const judged = followed.map((service) => judge(service, { answered, isSteady, now }));
    const given = allot(
      judged.map(({ demand }) => demand),
      budgetOf(parts.applied(), machine, fixedDemand(parts.applied(), instances)),
    );
    let changed = false;
    for (const { service, current, verdict, load } of judged) {
      const { name } = service.spec;
      const allotment = given[name] ?? { instances: verdict.instances, short: undefined };
      const why = whyText({ verdict, allotment, scale: service.spec.scale, current });
      const { instances: to } = allotment;
      // First of all: what was not recorded was not done, and is not remembered as done.
      if (to !== current) decisions.record({ kind: 'scaled', service: name, from: current, to, why }, now);
      const memory = rememberChange(verdict.memory, to - current, now);
      following.set(name, { memory, idleSince: following.get(name)?.idleSince });
      latest.set(name, { at: now, verdict, allotment, load, why });
      changed ||= to !== current;
    }
    if (changed) parts.onChange();
  };

  const judge = (service: AppliedService, { answered, isSteady, now }: Judging) => {
    const { name, scale, run } = service.spec;
    const current = instances(service);
    const ready = parts.seen(name).filter(({ state }) => state.kind === 'ready');
    const load = answered ? loadSince(name, isSteady ? readings[0] : readings.at(-2)) : undefined;
    const used = usedBy(
      ready.map(({ id }) => id),
      usages.at(-2),
      usages.at(-1),
    );
    const { memory, idleSince } = following.get(name) ?? { memory: NO_SCALE_MEMORY, idleSince: undefined };
    const verdict = decideScale(
      {
        scale,
        current,
        idleSince: isProving(service, decisions) ? undefined : idleSince,
        measured: Math.min(current, ready.length),
        signals: signalsOf(scale.targets, { load, used, resources: run.resources }),
        inFlight: load?.inFlight ?? 0,
        local: localTime(now),
        memory: memory === NO_SCALE_MEMORY ? rememberWanted(memory, current, now) : memory,
      },
      now,
    );
    const each = costOf(service, used);
    const { priority } = scale;
    // What runs is not taken away for another: a budget that shrank is met as the load goes.
    const least = Math.min(verdict.instances, Math.max(scale.min, current));
    const demand = { service: name, min: least, wants: verdict.instances, each, priority };
    return { service, current, verdict, load, demand };
  };

  const forget = (followed: readonly AppliedService[]) => {
    const names = new Set(followed.map(({ spec }) => spec.name));
    for (const name of following.keys()) if (!names.has(name)) following.delete(name);
    for (const name of latest.keys()) if (!names.has(name)) latest.delete(name);
  };

  const attempt = <T>(act: () => Promise<T>): Promise<T | undefined> =>
    new Promise((resolve) => {
      const late = clock.after(LOOK_MS, () => resolve(undefined), { background: true });
      act()
        .then(resolve, () => resolve(undefined))
        .finally(() => late[Symbol.dispose]());
    });

  arm();
  return {
    instances,
    scaling: (service) => latest.get(service),
    wake: () => void tick(),
    close: () => {
      closed = true;
      timer?.[Symbol.dispose]();
    },
  };
}

/** A generation that has not proved itself needs an instance to do so, whether anybody asks for it or not. */
function isProving({ spec, revision, restarts }: AppliedService, decisions: Decisions): boolean {
  const generation = generationOf(revision, restarts);
  const { stable, failed } = decisions.rollouts(spec.name);
  return stable?.generation !== generation && !failed.has(generation);
}

interface Judging {
  readonly answered: boolean;
  /** Made on the whole window; otherwise on the last second. */
  readonly isSteady: boolean;
  readonly now: number;
}

function isRecent(at: number, now: number): boolean {
  return at < now && now - at <= SYNC_MS + READ_MS / 2;
}
