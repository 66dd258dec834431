/**
 * What was wanted and what was done lately, for the two rules of HPA's `behavior` that damp the number:
 *
 * - *Stabilization*: of all that was wanted in the window, the number goes down only to the largest, and up only to the
 *   smallest. Up at once (window 0), down after five minutes: an instance too many costs memory, one too few costs requests.
 * - *Rate*: at most so many more or fewer within a period, from where it was at the period's beginning.
 *
 * Entries are bounded by the windows; whatever lies in the future (a clock that was put back) is forgotten.
 */
export interface ScaleMemory {
  readonly wanted: readonly { readonly at: number; readonly instances: number }[];
  readonly changes: readonly { readonly at: number; readonly by: number }[];
}

export const NO_SCALE_MEMORY: ScaleMemory = { wanted: [], changes: [] };

/** Kubernetes' defaults: `max(4, 100 %)` in 15 s up at once; down 100 % in 15 s, stabilized over 300 s. */
export const SCALE_BEHAVIOR = {
  up: { stabilizationMs: 0, periodMs: 15_000, atLeast: 4, percent: 100 },
  down: { stabilizationMs: 300_000, periodMs: 15_000, atLeast: 0, percent: 100 },
} as const;

/** However often somebody asks within the window. */
const REMEMBERED = 200;

export function rememberWanted(memory: ScaleMemory, instances: number, now: number): ScaleMemory {
  const windowMs = Math.max(SCALE_BEHAVIOR.up.stabilizationMs, SCALE_BEHAVIOR.down.stabilizationMs);
  const kept = memory.wanted.filter(({ at }) => at <= now && now - at < windowMs);
  return { ...memory, wanted: [...kept, { at: now, instances }].slice(-REMEMBERED) };
}

export function rememberChange(memory: ScaleMemory, by: number, now: number): ScaleMemory {
  const kept = recentChanges(memory, now);
  return { ...memory, changes: by === 0 ? kept : [...kept, { at: now, by }].slice(-REMEMBERED) };
}

/** Where it may go from `current`, by what was wanted in the windows. */
export function stabilize(memory: ScaleMemory, current: number, now: number): number {
  const within = (windowMs: number) =>
    memory.wanted.filter(({ at }, index) => index === memory.wanted.length - 1 || now - at < windowMs);
  const up = Math.min(...within(SCALE_BEHAVIOR.up.stabilizationMs).map(({ instances }) => instances));
  const down = Math.max(...within(SCALE_BEHAVIOR.down.stabilizationMs).map(({ instances }) => instances));
  if (memory.wanted.length === 0) return current;
  return Math.max(Math.min(current, down), up);
}

/** How far it may go now, whatever is wanted. */
export function rateLimits(memory: ScaleMemory, current: number, now: number): { least: number; most: number } {
  const { up, down } = SCALE_BEHAVIOR;
  const changes = recentChanges(memory, now);
  const added = changes.filter(({ by }) => by > 0).reduce((sum, { by }) => sum + by, 0);
  const removed = changes.filter(({ by }) => by < 0).reduce((sum, { by }) => sum - by, 0);
  const [upFrom, downFrom] = [current - added, current + removed];
  return {
    most: Math.max(upFrom + up.atLeast, Math.ceil(upFrom * (1 + up.percent / 100))),
    least: Math.min(downFrom - down.atLeast, Math.floor(downFrom * (1 - down.percent / 100))),
  };
}

function recentChanges({ changes }: ScaleMemory, now: number): ScaleMemory['changes'] {
  const periodMs = Math.max(SCALE_BEHAVIOR.up.periodMs, SCALE_BEHAVIOR.down.periodMs);
  return changes.filter(({ at }) => at <= now && now - at < periodMs);
}
