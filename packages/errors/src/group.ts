import { FINGERPRINT_VERSION } from './fingerprint.ts';
import type { Frame, Thrown } from './thrown.ts';

/** Something that was thrown once. */
export interface Occurrence {
  readonly group: string;
  readonly at: number;
  readonly service: string;
  readonly revision: string | undefined;
  readonly instance: string | undefined;
  readonly trace: string | undefined;
  readonly thrown: Thrown;
  readonly stack: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type ErrorState =
  | { readonly kind: 'open' }
  | { readonly kind: 'ignored' }
  /** Revisions that are known to have it: what those still throw is no news. */
  | { readonly kind: 'resolved'; readonly at: number; readonly known: readonly string[] }
  | { readonly kind: 'regressed'; readonly at: number; readonly revision: string | undefined };

export interface ErrorGroup {
  readonly group: string;
  /** Of the algorithm that made the fingerprint. */
  readonly version: number;
  readonly service: string;
  readonly type: string;
  readonly message: string;
  /** The frame to look at first. */
  readonly culprit: string | undefined;
  readonly state: ErrorState;
  readonly firstSeen: number;
  readonly lastSeen: number;
  readonly count: number;
  readonly firstRevision: string | undefined;
  readonly revisions: readonly string[];
  readonly instances: readonly string[];
  /** The newest last. */
  readonly traces: readonly string[];
  /** The newest occurrence. */
  readonly sample: Pick<Occurrence, 'at' | 'instance' | 'stack' | 'attributes'>;
  /** By hour since the epoch. */
  readonly hours: readonly (readonly [hour: number, count: number])[];
}

export const HOUR_MS = 3_600_000;
const KEPT = { revisions: 20, instances: 20, traces: 20, hours: 24 } as const;
const LONGEST = { stack: 16_000, message: 1_000 } as const;
/** A request that fails is told by its span and by a log: within so long it is one error. */
const SAME_MS = 5_000;

/** The group with one more occurrence in it. */
export function seen(before: ErrorGroup | undefined, occurrence: Occurrence): ErrorGroup {
  const { at, service, revision, instance, trace, thrown } = occurrence;
  if (before !== undefined && isToldTwice(before, occurrence)) return before;
  const culprit = thrown.frames.find(({ inApp }) => inApp) ?? thrown.frames[0];
  return {
    group: occurrence.group,
    version: FINGERPRINT_VERSION,
    service,
    type: thrown.type,
    message: thrown.message.slice(0, LONGEST.message),
    culprit: culprit === undefined ? before?.culprit : frameText(culprit),
    state: stateAfter(before?.state ?? { kind: 'open' }, occurrence),
    firstSeen: Math.min(before?.firstSeen ?? at, at),
    lastSeen: Math.max(before?.lastSeen ?? at, at),
    count: (before?.count ?? 0) + 1,
    firstRevision: before === undefined ? revision : before.firstRevision,
    revisions: withNewest(before?.revisions, revision, KEPT.revisions),
    instances: withNewest(before?.instances, instance, KEPT.instances),
    traces: withNewest(before?.traces, trace, KEPT.traces),
    sample: { at, instance, stack: occurrence.stack.slice(0, LONGEST.stack), attributes: occurrence.attributes },
    hours: countedIn(before?.hours ?? [], Math.floor(at / HOUR_MS)),
  };
}

/** A person's word. Resolved is what its revisions had: another one that has it too makes it regress. */
export function markGroup(group: ErrorGroup, state: 'open' | 'ignored' | 'resolved', now: number): ErrorGroup {
  return { ...group, state: state === 'resolved' ? { kind: state, at: now, known: group.revisions } : { kind: state } };
}

function stateAfter(state: ErrorState, { at, revision }: Occurrence): ErrorState {
  if (state.kind !== 'resolved' || at <= state.at) return state;
  if (revision !== undefined && state.known.includes(revision)) return state;
  return { kind: 'regressed', at, revision };
}

function isToldTwice({ traces, lastSeen }: ErrorGroup, { trace, at }: Occurrence): boolean {
  return trace !== undefined && traces.includes(trace) && Math.abs(at - lastSeen) < SAME_MS;
}

function withNewest(before: readonly string[] = [], one: string | undefined, limit: number): readonly string[] {
  if (one === undefined) return before;
  return [...before.filter((other) => other !== one), one].slice(-limit);
}

function countedIn(hours: ErrorGroup['hours'], hour: number): ErrorGroup['hours'] {
  const others = hours.filter(([at]) => at !== hour);
  const own = hours.find(([at]) => at === hour)?.[1] ?? 0;
  return [...others, [hour, own + 1] as const].sort(([a], [b]) => a - b).slice(-KEPT.hours);
}

/** The last 24 hours, the newest last. */
export function sparkOf({ hours }: ErrorGroup, now: number): number[] {
  const counts = new Map(hours);
  const hour = Math.floor(now / HOUR_MS);
  return Array.from({ length: KEPT.hours }, (_, index) => counts.get(hour - KEPT.hours + 1 + index) ?? 0);
}

function frameText({ function: name, file, line }: Frame): string {
  return file === undefined ? name : `${name} (${file}${line === undefined ? '' : `:${line}`})`;
}
