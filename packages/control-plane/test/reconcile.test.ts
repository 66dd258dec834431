import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { DriverError } from '@islet/driver';
import type { Desired, Observed, Step } from '@islet/plan';
import { systemClock } from '../src/clock.ts';
import type { Look } from '../src/observe.ts';
import { createReconciler, type ReconcileParts, type TurnReport } from '../src/reconcile.ts';

const ASKED: Desired = {
  routes: 'routes',
  services: ['a', 'b'].map((name) => ({
    kind: 'present',
    name,
    revision: 'r1',
    generation: 'r1.0',
    instances: 1,
    drained: [],
    after: [],
    hasStore: false,
    migrates: false,
    exclusive: false,
    rollout: { maxSurge: 1, maxUnavailable: 0, minHealthyMs: 0, healthyDeadlineMs: 60_000, steps: [], bakeMs: 0 },
    wave: undefined,
    drainMs: 0,
    longLivedMs: 0,
    stopGraceMs: 0,
    blocked: [],
    keep: [],
    since: 0,
  })),
};

function lookOf(held: Observed['held']): Look {
  const traffic = {
    acknowledged: { routes: 'routes', endpoints: {}, warm: {}, splits: {} },
    inFlight: {},
    longLived: {},
    removedAt: {},
  };
  return {
    observed: { services: {}, traffic, held },
    instances: new Map(),
    traffic: { kind: 'unreachable', reason: '' },
    stores: {},
    engines: [],
    problems: [],
  };
}

/** A loop whose world never changes: both services wait for their builds for ever. */
function loop(t: TestContext, changes: Partial<ReconcileParts>) {
  const turns: TurnReport[] = [];
  const begun: Step[] = [];
  const failures: { step: Step; error: DriverError; attempt: number }[] = [];
  let wake = () => {};
  const reconciler = createReconciler({
    observer: { look: async (held) => lookOf(held) },
    desired: () => ASKED,
    deadlineMs: () => 60_000,
    idle: false,
    onFirstLook: () => {},
    onFailure: (step, error, attempt) => void failures.push({ step, error, attempt }),
    onTrouble: () => {},
    onTurn: (turn) => {
      turns.push(turn);
      wake();
    },
    clock: systemClock,
    ...changes,
    execute: (step, look, signal) => {
      begun.push(step);
      return changes.execute?.(step, look, signal) ?? Promise.resolve();
    },
  });
  t.after(() => reconciler.close());
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise<void>((resume) => (wake = resume));
  };
  return { reconciler, turns, begun, failures, until };
}

/** Never answers, and heeds nothing. */
const deaf = () => new Promise<never>(() => {});
/** Never answers, until it is called off. */
const hanging: ReconcileParts['execute'] = (_step, _look, signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('called off'))));

describe('the loop', () => {
  it('takes another turn after one that failed, though nobody calls', { timeout: 60_000 }, async (t) => {
    let looks = 0;
    const observer = {
      look: async (held: Observed['held']) => {
        if (looks++ === 0) throw new Error('no eyes');
        return lookOf(held);
      },
    };
    const troubles: string[] = [];
    const { reconciler, turns, until } = loop(t, {
      observer,
      execute: hanging,
      onTrouble: ({ message }) => void troubles.push(message),
    });
    reconciler.poke();
    await until(() => turns.length > 0);
    assert.deepEqual(troubles, ['no eyes']);
  });

  it('gives up a step that never answers at its deadline, and lets others go on', { timeout: 60_000 }, async (t) => {
    const isOf = (name: string) => (failure: { step: Step }) =>
      'service' in failure.step && failure.step.service === name;
    const { reconciler, failures, until } = loop(t, {
      deadlineMs: () => 20,
      execute: (step) =>
        isOf('a')({ step }) ? deaf() : Promise.reject(new DriverError('unavailable', 'the other one goes on')),
    });
    reconciler.poke();
    await until(() => failures.some(isOf('a')));
    assert.ok(failures.some(isOf('b')));
    const late = failures.find(isOf('a'));
    assert.equal(late?.error.message, 'timeout: builds revision r1: no end of it within 0.02 s');
  });

  it('counts no failure of a step that it called off itself', { timeout: 60_000 }, async (t) => {
    let asked: Desired = ASKED;
    const signals: AbortSignal[] = [];
    const { reconciler, turns, failures, until } = loop(t, {
      desired: () => asked,
      execute: (step, look, signal) => {
        signals.push(signal);
        return hanging(step, look, signal);
      },
    });
    reconciler.poke();
    await until(() => signals.length === 2);
    const [a, ...others] = ASKED.services;
    assert.ok(a?.kind === 'present');
    asked = { ...ASKED, services: [{ ...a, revision: 'r2', generation: 'r2.0' }, ...others] };
    reconciler.poke();
    await until(() => signals.length === 3);
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true, false, false],
    );
    await until(() => turns.at(-1)?.look.observed.held['build a r1'] === undefined);
    assert.deepEqual(failures, []);
  });

  it('forgets a failure whose step nobody wants any more', { timeout: 60_000 }, async (t) => {
    let asked: Desired = ASKED;
    const { reconciler, turns, failures, until } = loop(t, {
      desired: () => asked,
      execute: () => Promise.reject(new DriverError('unavailable', 'no')),
    });
    reconciler.poke();
    await until(() => failures.length === 2);
    asked = { ...ASKED, services: [] };
    const { now } = systemClock;
    const cooled = now() + 600;
    const timer = setInterval(() => reconciler.poke(), 50);
    t.after(() => clearInterval(timer));
    await until(() => now() > cooled);
    assert.deepEqual(Object.keys(turns.at(-1)?.look.observed.held ?? {}), []);
  });

  it('tries what failed again although the clock was put back', { timeout: 60_000 }, async (t) => {
    let offsetMs = 0;
    const { reconciler, failures, until } = loop(t, {
      clock: { ...systemClock, now: () => systemClock.now() + offsetMs },
      execute: () => Promise.reject(new DriverError('unavailable', 'no')),
    });
    reconciler.poke();
    await until(() => failures.length === 2);
    offsetMs = -3_600_000;
    reconciler.poke();
    await until(() => failures.length === 4);
    assert.deepEqual(
      failures.map(({ attempt }) => attempt),
      [1, 1, 2, 2],
    );
  });

  it('cools a step that is said to be done and is not, instead of spinning', { timeout: 60_000 }, async (t) => {
    const { reconciler, begun, failures, until } = loop(t, { execute: async () => {} });
    reconciler.poke();
    await until(() => failures.length === 2);
    assert.match(failures[0]?.error.message ?? '', /done 5 times, to no effect/);
    assert.ok(begun.length <= 11);
  });

  it('takes no turn where it is to be idle', async (t) => {
    let looks = 0;
    const observer = {
      look: async (held: Observed['held']) => {
        looks++;
        return lookOf(held);
      },
    };
    const { reconciler } = loop(t, { observer, idle: true });
    reconciler.poke();
    await new Promise((resume) => setImmediate(resume));
    assert.equal(looks, 0);
  });

  it('ends though a step never does', { timeout: 60_000 }, async (t) => {
    const { reconciler, begun, until } = loop(t, { execute: deaf });
    reconciler.poke();
    await until(() => begun.length > 0);
    await reconciler.close();
  });
});
