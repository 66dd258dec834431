import type { HealthSpec } from '@islet/spec';

/**
 * What the probes of one instance have shown so far. The startup probe gates the other two, and its first success is
 * ready. `rise` counts only after a failure: a new instance is never made to prove itself twice.
 */
export type ProbeState =
  | { readonly kind: 'starting'; readonly since: number; readonly probedAt: number | undefined }
  | Running<'ready'>
  | Running<'unready'>
  /** Only a restart helps; nothing is probed any more. */
  | { readonly kind: 'failed'; readonly at: number; readonly cause: 'startup' | 'liveness' };

interface Running<Kind extends 'ready' | 'unready'> {
  readonly kind: Kind;
  readonly since: number;
  /** Results in a row against the current kind: failures while ready, successes while unready. */
  readonly against: number;
  readonly liveFailures: number;
  readonly readyAt: number;
  readonly liveAt: number;
}

export type ProbeKind = 'startup' | 'ready' | 'live';

export interface ProbeResult {
  readonly probe: ProbeKind;
  readonly ok: boolean;
}

/** When to run which probe next. */
export interface DueProbe {
  readonly probe: ProbeKind;
  readonly at: number;
}

export function startProbing(now: number): ProbeState {
  return { kind: 'starting', since: now, probedAt: undefined };
}

/** A result of a probe that no longer applies (a startup probe after ready) changes nothing. */
export function afterProbe(state: ProbeState, result: ProbeResult, now: number, health: HealthSpec): ProbeState {
  switch (state.kind) {
    case 'starting':
      return result.probe === 'startup' ? afterStartup(state.since, result.ok, now, health) : state;
    case 'ready':
    case 'unready':
      if (result.probe === 'ready') return afterReadiness(state, result.ok, now, health);
      if (result.probe === 'live') return afterLiveness(state, result.ok, now, health);
      return state;
    case 'failed':
      return state;
  }
}

export function dueProbes(state: ProbeState, health: HealthSpec): readonly DueProbe[] {
  switch (state.kind) {
    case 'starting':
      return [{ probe: 'startup', at: nextStartup(state.since, state.probedAt, health) }];
    case 'ready':
    case 'unready': {
      const ready: DueProbe = { probe: 'ready', at: state.readyAt + health.ready.periodMs };
      if (health.live === undefined) return [ready];
      return [ready, { probe: 'live', at: state.liveAt + health.live.periodMs }];
    }
    case 'failed':
      return [];
  }
}

function afterStartup(since: number, ok: boolean, now: number, health: HealthSpec): ProbeState {
  if (ok) return { kind: 'ready', since: now, against: 0, liveFailures: 0, readyAt: now, liveAt: now };
  if (now - since >= health.startup.deadlineMs) return { kind: 'failed', at: now, cause: 'startup' };
  return { kind: 'starting', since, probedAt: now };
}

function afterReadiness(
  state: Running<'ready'> | Running<'unready'>,
  ok: boolean,
  now: number,
  { ready }: HealthSpec,
): ProbeState {
  const agrees = ok === (state.kind === 'ready');
  const against = agrees ? 0 : state.against + 1;
  const seen = { ...state, against, readyAt: now };
  const limit = state.kind === 'ready' ? ready.fall : ready.rise;
  if (against < limit) return seen;
  return { ...seen, kind: state.kind === 'ready' ? 'unready' : 'ready', since: now, against: 0 };
}

function afterLiveness(
  state: Running<'ready'> | Running<'unready'>,
  ok: boolean,
  now: number,
  { live }: HealthSpec,
): ProbeState {
  const liveFailures = ok ? 0 : state.liveFailures + 1;
  if (live !== undefined && liveFailures >= live.fall) return { kind: 'failed', at: now, cause: 'liveness' };
  return { ...state, liveFailures, liveAt: now };
}

function nextStartup(since: number, probedAt: number | undefined, { startup }: HealthSpec): number {
  if (probedAt === undefined) return since;
  const fast = probedAt - since < startup.fastForMs;
  const next = probedAt + (fast ? startup.fastPeriodMs : startup.periodMs);
  // The last look comes exactly at the deadline, never one period after it.
  return Math.min(next, Math.max(since + startup.deadlineMs, probedAt));
}
