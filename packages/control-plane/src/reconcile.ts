import { DriverError } from '@islet/driver';
import { type Desired, describeStep, earliest, type Hold, plan, type Step, type StepKey, stepKey } from '@islet/plan';
import type { Clock } from './clock.ts';
import { CLOSE_MS, within } from './deadlines.ts';
import type { Look, Observer } from './observe.ts';
import { isPutOff } from './put-off.ts';

/** Look again at least this often, even when nothing called: level-based means that no event is needed. */
const RESYNC_MS = 30_000;
/** After a turn that failed itself: nothing else may ever call. */
const FAILED_TURN_MS = 1_000;
/** A step that is done so often, each within `withinMs` of the last, and is asked for all the same, does nothing. */
const FUTILE = { times: 5, withinMs: 1_000 } as const;
/** A step that failed is tried again after 0.5 s, 1 s, 2 s … 30 s. */
const COOLING = { firstMs: 500, capMs: 30_000 } as const;

export interface ReconcileParts {
  readonly observer: Observer;
  readonly desired: (look: Look) => Desired;
  /** Never takes a turn, whoever pokes. */
  readonly idle: boolean;
  /** Before the first step of all. */
  readonly onFirstLook: (look: Look) => void;
  /** Carries out one step. Rejecting means: not done, try again. */
  readonly execute: (step: Step, look: Look, signal: AbortSignal) => Promise<void>;
  readonly deadlineMs: (step: Step) => number;
  /** A step failed for the `attempt`th time in a row. */
  readonly onFailure: (step: Step, error: DriverError, attempt: number) => void;
  /** After every turn: what was seen, wanted and decided. */
  readonly onTurn: (turn: TurnReport) => void;
  readonly clock: Clock;
  /** A turn itself failed; there will be another. */
  readonly onTrouble: (error: Error) => void;
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
 * The loop: observe → plan → begin each step → and again when a step ends, something changes, or an instant that a
 * `wait` named has come. Steps run side by side; the plan leaves out those under way. It keeps nothing that a new
 * control plane would miss: what is held is only what this process itself is doing.
 */
export function createReconciler(parts: ReconcileParts): Reconciler {
  const held = new Map<StepKey, Hold>();
  const running = new Map<StepKey, Running>();
  const done = new Map<StepKey, Done>();
  let timer: Disposable | undefined;
  let turning = false;
  let again = false;
  let closed = parts.idle;
  let first = true;

  const poke = () => {
    if (closed) return;
    if (turning) again = true;
    else void turns();
  };

  const turns = async () => {
    turning = true;
    do {
      again = false;
      await turn().catch((error: unknown) => {
        parts.onTrouble(error instanceof Error ? error : new Error(String(error)));
        wakeIn(FAILED_TURN_MS);
      });
    } while (again && !closed);
    turning = false;
  };

  const turn = async () => {
    const look = await parts.observer.look(Object.fromEntries(held));
    if (closed) return;
    if (first) parts.onFirstLook(look);
    first = false;
    const desired = parts.desired(look);
    const now = parts.clock.now();
    const steps = plan(desired, { ...look.observed, held: thawed(look.observed.held, now) }, now);
    callOffUnwanted(desired);
    const begun = steps.filter(({ kind }) => kind !== 'wait');
    for (const step of begun) begin(step, look);
    forgetCooled(now);
    wakeIn(Math.min(earliest(steps) ?? Number.POSITIVE_INFINITY, now + RESYNC_MS) - now);
    parts.onTurn({ look: { ...look, observed: { ...look.observed, held: heldBy(look, begun) } }, desired, steps });
  };

  const begin = (step: Step, look: Look) => {
    const key = stepKey(step);
    const before = held.get(key);
    const attempt = (before?.kind === 'cooling' ? before.attempt : 0) + 1;
    const controller = new AbortController();
    held.set(key, { kind: 'running', step });
    const deadline = {
      clock: parts.clock,
      afterMs: parts.deadlineMs(step),
      signal: controller.signal,
      what: describeStep(step),
    };
    const ended = within(deadline, (signal) => parts.execute(step, look, signal))
      .then(
        () => succeed(step, attempt),
        (error: unknown) => fail(step, DriverError.from(error), { attempt, calledOff: controller.signal.aborted }),
      )
      .catch((error: unknown) => parts.onTrouble(DriverError.from(error)))
      .finally(() => {
        running.delete(key);
        poke();
      });
    running.set(key, { step, controller, ended });
  };

  /**
   * What is said to be done, and is not to be seen, would otherwise be done again and again as fast as the machine can.
   */
  const succeed = (step: Step, attempt: number) => {
    const key = stepKey(step);
    const now = parts.clock.now();
    const text = JSON.stringify(step);
    const before = done.get(key);
    const again = before?.text === text && now - before.at < FUTILE.withinMs;
    const times = again ? before.times + 1 : 1;
    done.set(key, { text, times, at: now });
    if (times < FUTILE.times) return void held.delete(key);
    done.delete(key);
    fail(step, new DriverError('internal', `${describeStep(step)}: done ${times} times, to no effect`), {
      attempt,
      calledOff: false,
    });
  };

  const fail = (
    step: Step,
    error: DriverError,
    { attempt, calledOff }: { readonly attempt: number; readonly calledOff: boolean },
  ) => {
    // It did not fail: it was made to stop.
    if (calledOff) return void held.delete(stepKey(step));
    const delayMs = Math.min(COOLING.firstMs * 2 ** (attempt - 1), COOLING.capMs);
    const until = parts.clock.now() + delayMs;
    held.set(stepKey(step), { kind: 'cooling', step, until, reason: error.advice, attempt });
    parts.onFailure(step, error, attempt);
  };

  /** What has cooled and was not begun again is asked for no more. */
  const forgetCooled = (now: number) => {
    for (const [key, { at }] of done) if (now - at >= FUTILE.withinMs) done.delete(key);
    for (const [key, hold] of held) if (hold.kind === 'cooling' && hold.until <= now) held.delete(key);
  };

  /**
   * A build of what nobody asks for any more is work for nothing: it takes another's turn, and keeps a service from
   * going.
   */
  const callOffUnwanted = (desired: Desired) => {
    for (const { step, controller } of running.values()) if (!isStillWanted(step, desired)) controller.abort();
  };

  const wakeIn = (delayMs: number) => {
    timer?.[Symbol.dispose]();
    if (!closed) timer = parts.clock.after(Math.max(1, delayMs), poke);
  };

  const close = async () => {
    closed = true;
    timer?.[Symbol.dispose]();
    for (const { controller } of running.values()) controller.abort();
    const allEnded = Promise.allSettled([...running.values()].map(({ ended }) => ended));
    const late = Promise.withResolvers<void>();
    using _timer = parts.clock.after(CLOSE_MS, late.resolve, { background: true });
    await Promise.race([allEnded, late.promise]);
  };

  return { poke, close };
}

/** A failed step whose wait the clock that was put back has made too long is tried again. */
function thawed(held: Readonly<Record<StepKey, Hold>>, now: number): Readonly<Record<StepKey, Hold>> {
  const isOver = (hold: Hold) => hold.kind === 'cooling' && !isPutOff(hold.until, { mostMs: COOLING.capMs, now });
  return Object.fromEntries(Object.entries(held).filter(([, hold]) => !isOver(hold)));
}

interface Running {
  readonly step: Step;
  readonly controller: AbortController;
  readonly ended: Promise<void>;
}

interface Done {
  /** The whole step: one with the same key may be another effect, as each routing table is. */
  readonly text: string;
  readonly times: number;
  readonly at: number;
}

/** Only what changes nothing that runs is called off: the rest is quick, and has to be brought to its end. */
function isStillWanted(step: Step, { services }: Desired): boolean {
  if (step.kind !== 'build' && step.kind !== 'provision' && step.kind !== 'migrate') return true;
  const service = services.find(({ name }) => name === step.service);
  if (service?.kind !== 'present') return false;
  return step.kind !== 'build' || step.revision === service.revision;
}

/**
 * What the turn itself knew to be under way, and what it began. A step that ended during the look was left out of the
 * plan because it ran, so it must count as running here: otherwise nothing at all would seem left to do, for an
 * instant.
 */
function heldBy({ observed }: Look, begun: readonly Step[]): Readonly<Record<StepKey, Hold>> {
  const running = begun.map((step): [StepKey, Hold] => [stepKey(step), { kind: 'running', step }]);
  return { ...observed.held, ...Object.fromEntries(running) };
}
