import { afterProbe, dueProbes, type ProbeKind, type ProbeState, startProbing } from '@islet/policy';
import type { HealthSpec, ProbeTarget } from '@islet/spec';
import type { Clock } from '../clock.ts';
import { putOffUntil } from '../put-off.ts';
import type { Check, ProbeSite } from './check.ts';

/** One running process to be probed; a restarted instance is another one. */
export interface Subject {
  /** Instance and start of its process. */
  readonly key: string;
  readonly instance: string;
  readonly health: HealthSpec;
  readonly site: ProbeSite;
  readonly startedAt: number;
  /** It was taking traffic before this control plane began: it is ready until a probe says otherwise. */
  readonly adopted: boolean;
  /** When this control plane began: nobody probed it before, so no deadline may have passed unseen. */
  readonly watchedFrom: number;
}

export interface Prober {
  /** Probes exactly these from now on. */
  follow(subjects: readonly Subject[]): void;
  state(key: string): ProbeState | undefined;
  /** Why its last probe failed; undefined: it did not, or it has hardly begun to start. */
  problem(key: string): string | undefined;
  close(): void;
}

export interface ProberParts {
  readonly clock: Clock;
  readonly check: Check;
  /** A probe changed what an instance is taken for. */
  readonly onTurn: (instance: string) => void;
}

/** Runs the probes of every instance, each by its own clock, and says when one of them turned. */
export function createProber({ clock, check, onTurn }: ProberParts): Prober {
  const watched = new Map<string, Watched>();
  let closed = false;

  const follow = (subjects: readonly Subject[]) => {
    // The look that was under way when everything was closed.
    if (closed) return;
    const keys = new Set(subjects.map(({ key }) => key));
    for (const [key, one] of watched) if (!keys.has(key)) stop(key, one);
    for (const subject of subjects) {
      const one = watched.get(subject.key);
      if (one === undefined) start(subject);
      else take(one, subject);
    }
  };

  /** The proxy may have been away at the first look: that it took traffic is learnt later, and is not to be proved again. */
  const take = (one: Watched, subject: Subject) => {
    const isAdopted = subject.adopted && !one.subject.adopted && one.state.kind === 'starting';
    one.subject = subject;
    if (!isAdopted) return;
    one.state = firstState(subject, clock.now());
    schedule(one);
  };

  const start = (subject: Subject) => {
    const one: Watched = {
      subject,
      state: firstState(subject, clock.now()),
      problem: undefined,
      remark: undefined,
      timers: new Map(),
      due: new Map(),
      busy: new Set(),
    };
    watched.set(subject.key, one);
    schedule(one);
  };

  const stop = (key: string, one: Watched) => {
    for (const timer of one.timers.values()) timer[Symbol.dispose]();
    watched.delete(key);
  };

  /** One timer for each kind of probe; a probe that is out is not sent a second time. */
  const schedule = (one: Watched) => {
    for (const timer of one.timers.values()) timer[Symbol.dispose]();
    one.timers.clear();
    for (const { probe, at } of dueProbes(one.state, one.subject.health)) {
      if (one.busy.has(probe)) continue;
      one.timers.set(
        probe,
        clock.after(dueInMs(at, probe, one), () => void run(one, probe)),
      );
    }
  };

  /** Every other probe asks anew: what one waits for beside a clock that was put back is kept, or it would never come. */
  const dueInMs = (at: number, probe: ProbeKind, { subject: { health }, due }: Watched): number => {
    const now = clock.now();
    const known = due.get(probe);
    const until = putOffUntil(known?.at === at ? known.until : at, { mostMs: periodOf(health, probe), now });
    due.set(probe, { at, until });
    return Math.max(0, until - now);
  };

  const run = async (one: Watched, probe: ProbeKind) => {
    const { health, site, key, instance } = one.subject;
    const { target, timeoutMs } = probeOf(health, probe);
    one.busy.add(probe);
    const problem = await check(target, site, timeoutMs);
    one.busy.delete(probe);
    if (watched.get(key) !== one) return;
    const before = { kind: one.state.kind, problem: one.problem };
    const told = isYoung(one) ? undefined : problem;
    const wantsRemark = told !== undefined && one.state.kind === 'starting';
    one.state = afterProbe(one.state, { probe, ok: problem === undefined }, clock.now(), health);
    one.problem = told;
    if (told !== before.problem) one.remark = undefined;
    schedule(one);
    if (one.state.kind !== before.kind || (one.problem !== before.problem && one.state.kind !== 'ready'))
      onTurn(instance);
    if (wantsRemark) await remarkOn(one, told);
  };

  /** One that has just been started answers nobody yet, which needs no words. */
  const isYoung = ({ state, subject: { health } }: Watched) =>
    state.kind === 'starting' && clock.now() - state.since < health.startup.fastForMs;

  /** What else is to be known of a problem comes after it: nothing that a probe decides waits for words. */
  const remarkOn = async (one: Watched, problem: string) => {
    const { site, key, instance } = one.subject;
    const remark = await site.remark?.().catch(() => undefined);
    if (watched.get(key) !== one || one.problem !== problem || remark === one.remark) return;
    one.remark = remark;
    if (one.state.kind !== 'ready') onTurn(instance);
  };

  return {
    follow,
    state: (key) => watched.get(key)?.state,
    problem: (key) => {
      const { problem, remark } = watched.get(key) ?? {};
      return problem !== undefined && remark !== undefined ? `${problem}; ${remark}` : problem;
    },
    close: () => {
      closed = true;
      for (const [key, one] of watched) stop(key, one);
    },
  };
}

interface Watched {
  /** Replaced when the file's probes change; what was seen so far stays. */
  subject: Subject;
  state: ProbeState;
  problem: string | undefined;
  /** What else is to be known of that problem. */
  remark: string | undefined;
  readonly timers: Map<ProbeKind, Disposable>;
  /** When each is due, by its state and by the clock. */
  readonly due: Map<ProbeKind, { readonly at: number; readonly until: number }>;
  readonly busy: Set<ProbeKind>;
}

/** An adopted instance passed its startup long ago: it begins where one successful startup probe leads. */
function firstState({ adopted, startedAt, watchedFrom, health }: Subject, now: number): ProbeState {
  const fresh = startProbing(adopted ? now : Math.max(startedAt, watchedFrom));
  return adopted ? afterProbe(fresh, { probe: 'startup', ok: true }, now, health) : fresh;
}

function periodOf(health: HealthSpec, probe: ProbeKind): number {
  if (probe === 'startup') return health.startup.periodMs;
  return probe === 'live' && health.live !== undefined ? health.live.periodMs : health.ready.periodMs;
}

function probeOf(health: HealthSpec, probe: ProbeKind): { target: ProbeTarget; timeoutMs: number } {
  if (probe === 'startup') return health.startup;
  if (probe === 'live' && health.live !== undefined) return health.live;
  return health.ready;
}
