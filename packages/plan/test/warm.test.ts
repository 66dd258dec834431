import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Observed, type ObservedInstance, type ObservedService, plan, type Step, stepKey } from '../src/index.ts';
import { asked, PACE, present, ready, serving, withService } from './world.ts';

const STEP = { percent: 50, mirrorPercent: 0, holdMs: 60_000, requests: 0, byHand: 'never' } as const;
const web = (percent = 50) =>
  present('web', {
    revision: 'r2',
    instances: 2,
    rollout: { ...PACE, steps: [{ ...STEP, percent }], bakeMs: 600_000 },
  });
const OLD = [ready('web', 'r1', 0), ready('web', 'r1', 1)] as const;
const NEW = [ready('web', 'r2', 0), ready('web', 'r2', 1)] as const;
const generation = (revision: string) => ({ revision, generation: `${revision}.0` });

const seen = (instances: readonly ObservedInstance[], changes: Partial<ObservedService> = {}): Observed =>
  withService(serving('web', 'r1', 2), {
    ...serving('web', 'r1', 2).services.web!,
    built: ['r1', 'r2'],
    instances,
    ...changes,
  });
const baking = (...instances: readonly ObservedInstance[]) =>
  seen(instances, { stable: generation('r2'), fallback: generation('r1'), promotedAt: 60_000 });

const keys = (steps: readonly Step[]) => steps.filter(({ kind }) => kind !== 'wait').map(stepKey);
const published = (steps: readonly Step[]) => steps.find((step) => step.kind === 'publish');

describe('an instance of the revision before one that bakes', () => {
  it('is warm, and where one of the new ones is lost it serves', () => {
    const all = published(plan(asked(web()), baking(...OLD, ...NEW), 61_000));
    assert.deepEqual(all?.endpoints, { web: ['web-r2.0-0', 'web-r2.0-1'] });
    assert.deepEqual(all?.warm, { web: ['web-r1.0-0', 'web-r1.0-1'] });
    const state = { kind: 'exited', at: 61_000, restartAt: 70_000, how: 'exit 9' } as const;
    const one = published(plan(asked(web()), baking(...OLD, NEW[0], { ...NEW[1], state }), 61_000));
    assert.deepEqual(one?.endpoints, { web: ['web-r1.0-0', 'web-r2.0-0'] });
    assert.deepEqual(one?.warm, { web: ['web-r1.0-1'] });
  });

  it('is warm only where it could answer', () => {
    const ill = { ...OLD[1], state: { kind: 'unready', since: 0 } } as const;
    const table = published(plan(asked(web()), baking(OLD[0], ill, ...NEW), 61_000));
    assert.deepEqual(table?.warm, { web: ['web-r1.0-0'] });
  });

  it('is not warm before the new one is promoted, nor is a new one that gets no requests yet', () => {
    for (const percent of [0, 50]) {
      assert.deepEqual(published(plan(asked(web(percent)), seen([...OLD, ...NEW]), 0))?.warm, {});
    }
  });

  it('leaves the table when the bake ends, is drained from then on, and only then stopped', () => {
    const warm = published(plan(asked(web()), baking(...OLD, ...NEW), 61_000));
    const world = baking(...OLD, ...NEW);
    const at = (traffic: Partial<Observed['traffic']>) =>
      plan(asked(web()), { ...world, traffic: { ...world.traffic, ...traffic } }, 660_000);
    const over = at({ acknowledged: warm });
    assert.deepEqual(keys(over), ['publish']);
    assert.deepEqual(published(over)?.warm, {});
    const left = { acknowledged: published(over), removedAt: { 'web-r1.0-0': 660_000 } };
    assert.deepEqual(keys(at({ ...left, inFlight: { 'web-r1.0-0': 1 } })), ['stop web-r1.0-1']);
    assert.deepEqual(keys(at(left)), ['stop web-r1.0-0', 'stop web-r1.0-1']);
  });

  it('is not stopped while a table that makes it warm is on its way', () => {
    const step = published(plan(asked(web()), baking(...OLD, ...NEW), 61_000));
    assert.ok(step !== undefined);
    const world = baking(...OLD, ...NEW);
    const acknowledged = { ...step, warm: {} };
    const traffic = { ...world.traffic, acknowledged };
    const held = { publish: { kind: 'running', step } } as const;
    assert.deepEqual(keys(plan(asked(web()), { ...world, traffic, held }, 660_000)), []);
  });
});
