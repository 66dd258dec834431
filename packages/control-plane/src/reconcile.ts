import { DriverError } from '@islet/driver';
import { type Desired, earliest, type Hold, plan, type Step, type StepKey, stepKey } from '@islet/plan';
import type { Clock } from './clock.ts';
import type { Look, Observer } from './observe.ts';

/** Look again at least this often, even when nothing called: level-based means that no event is needed. */
const RESYNC_MS = 30_000;
/** A step that failed is tried again after 0.5 s, 1 s, 2 s … 30 s. */
const COOLING = { firstMs: 500, capMs: 30_000 } as const;

export interface ReconcileParts {
  readonly observer: Observer;
  readonly desired: (look: Look) => Desired;
  /** Carries out one step. Rejecting means: not done, try again. */
  readonly execute: (step: Step, look: Look, signal: AbortSignal) => Promise<void>;
  /** A step failed for the `attempt`th time in a row; true: it was recorded as final, and needs no further try now. */
  readonly onFailure: (step: Step, error: DriverError, attempt: number) => void;
  /** After every turn: what was seen, wanted and decided. */
  readonly onTurn: (turn: TurnReport) => void;
  readonly clock: Clock;
  readonly log: { error(fields: object, message: string): void };
}

export interface TurnReport {
  readonly look: Look;
  readonly desired: Desired;
  readonly steps: readonly Step[];
}

export interface Reconciler {
  /** Something may have changed: take a turn soon. Many calls make one turn. */
  poke(): void;
  /** Takes no further turn, and waits for the steps under way, for a while. */
  close(): Promise<void>;
}

/**
 * The loop: observe → plan → begin each step → and again when a step ends, something changes, or an instant that a `wait`
 * named has come. Steps run side by side; the plan leaves out those under way. It keeps nothing that a new control plane
 * would miss: what is held is only what this process itself is doing.
 */
export function createReconciler(parts: ReconcileParts): Reconciler {
  const held = new Map<StepKey, Hold>();
  const attempts = new Map<StepKey, number>();
  const running = new Map<StepKey, { readonly controller: AbortController; readonly done: Promise<void> }>();
  let timer: NodeJS.Timeout | undefined;
  let turning = false;
  let again = false;
  let closed = false;

  const poke = () => {
    if (closed) return;
    if (turning) again = true;
    else void turns();
  };

  const turns = async () => {
    turning = true;
    do {
      again = false;
      await turn().catch((error: unknown) => parts.log.error({ error }, 'a turn failed'));
    } while (again && !closed);
    turning = false;
  };

  const turn = async () => {
    const look = await parts.observer.look(Object.fromEntries(held));
    const desired = parts.desired(look);
    const now = parts.clock.now();
    const steps = plan(desired, look.observed, now);
    if (closed) return;
    abortUnwanted(desired);
    const begun = steps.filter(({ kind }) => kind !== 'wait');
    for (const step of begun) begin(step, look);
    parts.onTurn({ look: { ...look, observed: { ...look.observed, held: heldBy(look, begun) } }, desired, steps });
    wakeBy(Math.min(earliest(steps) ?? Number.POSITIVE_INFINITY, now + RESYNC_MS), now);
  };

  const begin = (step: Step, look: Look) => {
    const key = stepKey(step);
    const controller = new AbortController();
    held.set(key, { kind: 'running', step });
    const done = parts
      .execute(step, look, controller.signal)
      .then(
        () => succeed(key),
        (error: unknown) => fail(step, DriverError.from(error)),
      )
      .finally(() => {
        running.delete(key);
        poke();
      });
    running.set(key, { controller, done });
  };

  const succeed = (key: StepKey) => {
    held.delete(key);
    attempts.delete(key);
  };

  const fail = (step: Step, error: DriverError) => {
    const key = stepKey(step);
    const attempt = (attempts.get(key) ?? 0) + 1;
    attempts.set(key, attempt);
    parts.onFailure(step, error, attempt);
    const delayMs = Math.min(COOLING.firstMs * 2 ** (attempt - 1), COOLING.capMs);
    held.set(key, { kind: 'cooling', step, until: parts.clock.now() + delayMs, reason: error.message });
  };

  /** A build of what is asked to be gone is work for nothing, and keeps it from going. */
  const abortUnwanted = (desired: Desired) => {
    const gone = new Set(desired.services.filter(({ kind }) => kind === 'absent').map(({ name }) => name));
    for (const [key, { controller }] of running) {
      const hold = held.get(key);
      if (hold === undefined || !ABORTABLE.has(hold.step.kind)) continue;
      if ('service' in hold.step && gone.has(hold.step.service)) controller.abort();
    }
  };

  const wakeBy = (at: number, now: number) => {
    clearTimeout(timer);
    timer = setTimeout(poke, Math.max(1, at - now));
  };

  const close = async () => {
    closed = true;
    clearTimeout(timer);
    for (const { controller } of running.values()) controller.abort();
    await Promise.allSettled([...running.values()].map(({ done }) => done));
  };

  return { poke, close };
}

/**
 * What the turn itself knew to be under way, and what it began. A step that ended during the look was left out of the
 * plan because it ran, so it must count as running here: otherwise nothing at all would seem left to do, for an instant.
 */
function heldBy({ observed }: Look, begun: readonly Step[]): Readonly<Record<StepKey, Hold>> {
  const running = begun.map((step): [StepKey, Hold] => [stepKey(step), { kind: 'running', step }]);
  return { ...observed.held, ...Object.fromEntries(running) };
}

const ABORTABLE: ReadonlySet<Step['kind']> = new Set(['build', 'provision', 'migrate']);
