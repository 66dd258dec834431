import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { type Desired, type Observed, settled, status, unseen } from '@islet/plan';
import { systemClock } from '../src/clock.ts';
import type { Look } from '../src/observe.ts';
import { createReconciler, type TurnReport } from '../src/reconcile.ts';

const DESIRED: Desired = {
  routes: 'r',
  services: [
    {
      kind: 'present',
      name: 'web',
      revision: 'r1',
      generation: 'r1.0',
      instances: 1,
      drained: [],
      after: [],
      blocked: [],
      hasStore: true,
      migrates: false,
      exclusive: false,
      drainMs: 0,
      longLivedMs: 0,
      stopGraceMs: 0,
      keep: [],
      since: 0,
      rollout: { maxSurge: 1, maxUnavailable: 0, minHealthyMs: 0, healthyDeadlineMs: 60_000, steps: [], bakeMs: 0 },
      wave: undefined,
    },
  ],
};

function lookOf(store: 'none' | 'ready', held: Observed['held']): Look {
  const traffic = {
    acknowledged: { routes: 'r', endpoints: {}, warm: {}, splits: {} },
    inFlight: {},
    longLived: {},
    removedAt: {},
  };
  const services = { web: { ...unseen('web'), built: ['r1'], store: { kind: store } } };
  return {
    observed: { services, traffic, held },
    instances: new Map(),
    traffic: { kind: 'unreachable', reason: 'there is none' },
    stores: {},
    engines: [],
    problems: [],
  };
}

test('a step that ends during a look leaves no turn that reports nothing to do', async () => {
  const provision = Promise.withResolvers<void>();
  const started = Promise.withResolvers<void>();
  const turns: TurnReport[] = [];
  let looks = 0;
  const reconciler = createReconciler({
    observer: {
      look: async (held) => {
        looks++;
        if (looks === 2) {
          // What this look has seen is older than the end of the step.
          provision.resolve();
          await new Promise((done) => setImmediate(done));
        }
        return lookOf(looks <= 2 ? 'none' : 'ready', held);
      },
    },
    desired: () => DESIRED,
    execute: async ({ kind }, _look, signal) => {
      if (kind === 'provision') return provision.promise;
      started.resolve();
      await once(signal, 'abort');
    },
    onFailure: () => undefined,
    onTurn: (turn) => {
      turns.push(turn);
      if (turns.length === 1) reconciler.poke();
    },
    clock: systemClock,
    idle: false,
    deadlineMs: () => 60_000,
    onFirstLook: () => undefined,
    onTrouble: () => undefined,
  });
  reconciler.poke();
  await started.promise;
  for (const { desired, look, steps } of turns) assert.equal(settled(status(desired, look.observed, steps)), false);
  assert.ok(turns.length >= 2);
  await reconciler.close();
});
