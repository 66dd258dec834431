import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Evidence, Observed, ObservedService, ShiftStep, Step } from '../src/index.ts';
import { plan, preview, settled, status, stepKey } from '../src/index.ts';
import { asked, PACE, present, ready, serving, withService } from './world.ts';

const step = (percent: number, changes: Partial<ShiftStep> = {}): ShiftStep => ({
  percent,
  mirrorPercent: 0,
  holdMs: 60_000,
  requests: 100,
  byHand: 'never',
  ...changes,
});
const STEPS = [step(5), step(50)];
const canary = (steps = STEPS, changes: Partial<Parameters<typeof present>[1]> = {}) =>
  present('web', { revision: 'r2', instances: 2, rollout: { ...PACE, steps, bakeMs: 600_000 }, ...changes });

const OLD = [ready('web', 'r1', 0), ready('web', 'r1', 1)];
const NEW = [ready('web', 'r2', 0), ready('web', 'r2', 1)];
const seen = (changes: Partial<ObservedService>): Observed =>
  withService(serving('web', 'r1', 2), {
    ...serving('web', 'r1', 2).services.web!,
    built: ['r1', 'r2'],
    instances: [...OLD, ...NEW],
    ...changes,
  });
const evidence = (changes: Partial<Evidence> = {}): Evidence => ({
  generation: 'r2.0',
  requests: 200,
  regression: undefined,
  summary: 'fine',
  probes: 'none',
  ...changes,
});
const progress = (step: number, since: number, paused = false) => ({ generation: 'r2.0', step, since, paused });

const keys = (steps: readonly Step[]) => steps.filter(({ kind }) => kind !== 'wait').map(stepKey);
const published = (steps: readonly Step[]) => steps.find((step) => step.kind === 'publish');
const weights = (steps: readonly Step[]) => published(steps)?.splits.web?.weights;

describe('a canary', () => {
  it('starts what its share and the next one need, beside all of the old', () => {
    const world = serving('web', 'r1', 2, { built: ['r1', 'r2'] });
    assert.deepEqual(keys(plan(asked(canary()), world, 0)), ['start web-r2.0-0']);
    assert.deepEqual(keys(plan(asked(canary([step(50), step(75)])), world, 0)), [
      'start web-r2.0-0',
      'start web-r2.0-1',
    ]);
  });

  it('gives the new revision its share by weight, whatever the number of instances', () => {
    const steps = plan(asked(canary()), seen({}), 0);
    assert.deepEqual(weights(steps), { r1: 95, r2: 5 });
    assert.deepEqual(published(steps)?.endpoints.web, ['web-r1.0-0', 'web-r1.0-1', 'web-r2.0-0']);
  });

  it('keeps what stands in for an old instance that is ill, with its part of the old share', () => {
    const ill = { ...OLD[1]!, state: { kind: 'unready', since: 0 } } as const;
    const standIn = ready('web', 'r0', 0);
    const instances = [OLD[0]!, ill, standIn, ready('web', 'r0', 1), ...NEW];
    const steps = plan(asked(canary()), seen({ instances }), 0);
    assert.deepEqual(weights(steps), { r2: 5, r1: 47.5, r0: 47.5 });
    assert.deepEqual(published(steps)?.endpoints.web, ['web-r0.0-0', 'web-r1.0-0', 'web-r2.0-0']);
    // What was given up comes back for nobody; where it answers already, for want of others, it goes on.
    const given = seen({ instances, failed: { 'r0.0': 'worse' } });
    assert.deepEqual(weights(plan(asked(canary()), given, 0)), { r2: 5, r1: 47.5, r0: 47.5 });
    const acknowledged = { routes: 'routes', endpoints: { web: ['web-r1.0-0'] }, warm: {}, splits: {} };
    const unrouted = { ...given, traffic: { ...given.traffic, acknowledged } };
    assert.deepEqual(weights(plan(asked(canary()), unrouted, 0)), { r1: 95, r2: 5 });
  });

  it('moves on after its time and enough requests, and says by what', () => {
    assert.deepEqual(keys(plan(asked(canary()), seen({ evidence: evidence() }), 59_999)), ['publish']);
    const later = plan(asked(canary()), seen({ evidence: evidence() }), 60_000);
    assert.deepEqual(keys(later), ['advance web r2.0 1', 'publish']);
    assert.equal(later.find((step) => step.kind === 'advance')?.why, '60 s, fine');
  });

  it('makes up requests where too few came, and then goes on without: silence fails nobody', () => {
    const quiet = (probes: Evidence['probes']) => seen({ evidence: evidence({ requests: 3, probes }) });
    assert.deepEqual(keys(plan(asked(canary()), quiet('possible'), 60_000)), ['sample web r2.0', 'publish']);
    for (const probes of ['none', 'sent'] as const) {
      assert.deepEqual(keys(plan(asked(canary()), quiet(probes), 60_000)), ['advance web r2.0 1', 'publish']);
    }
  });

  it('ends no step before somebody has looked at its requests, whoever looks; but looks at nothing for ever', () => {
    const desired = asked(canary([step(5, { byHand: 'too-few' })], { since: 100_000 }));
    assert.deepEqual(keys(plan(desired, seen({}), 100_000)), ['publish']);
    const [wait] = plan(desired, seen({}), 100_000).filter(({ kind }) => kind === 'wait');
    assert.deepEqual(wait, { kind: 'wait', service: 'web', why: 'looks at the requests of r2', until: 105_000 });
    const rests = (now: number) =>
      plan(desired, seen({}), now).some((it) => it.kind === 'wait' && it.rest === 'paused');
    assert.deepEqual([rests(104_999), rests(105_000)], [false, true]);
    // Without an analysis there is nothing to look at.
    const unjudged = asked(canary([step(5, { requests: 0 })], { since: 100_000 }));
    assert.deepEqual(keys(plan(unjudged, seen({}), 100_000)), ['advance web r2.0 1', 'publish']);
  });

  it('waits for a person where it is told to, and that is no progress that a command waits for', () => {
    for (const [byHand, requests] of [
      ['always', 200],
      ['too-few', 3],
    ] as const) {
      const desired = asked(canary([step(5, { byHand })]));
      const world = seen({ evidence: evidence({ requests }) });
      const steps = plan(desired, world, 60_000);
      assert.deepEqual(keys(steps), ['publish']);
      const acknowledged = published(steps);
      assert.ok(acknowledged);
      const told = { ...world, traffic: { ...world.traffic, acknowledged } };
      const statuses = status(desired, told, plan(desired, told, 60_000));
      assert.equal(statuses.web?.state, 'paused');
      assert.ok(settled(statuses));
    }
  });

  it('waits for a person also while an instance of the old one ends again and again', () => {
    const state = { kind: 'exited', at: 59_000, restartAt: 300_000, how: 'exit 1' } as const;
    const instances = [OLD[0]!, { ...OLD[1]!, exits: 9, state }, ...NEW];
    const desired = asked(canary([step(0, { byHand: 'always' })]));
    const world = seen({ instances, evidence: evidence() });
    const acknowledged = published(plan(desired, world, 60_000));
    const told = { ...world, traffic: { ...world.traffic, acknowledged } };
    const statuses = status(desired, told, plan(desired, told, 60_000));
    assert.equal(statuses.web?.state, 'paused');
    assert.ok(settled(statuses));
  });

  it('goes down to the share that its instances can carry, and comes back with them', () => {
    const one = seen({ instances: [...OLD, NEW[0]!], progress: progress(2, 0), evidence: evidence() });
    assert.deepEqual(weights(plan(asked(canary()), one, 60_000)), { r1: 50, r2: 50 });
    assert.deepEqual(keys(plan(asked(canary()), one, 60_000)), ['start web-r2.0-1', 'publish']);
    const none = seen({ instances: [...OLD, ready('web', 'r2', 0, { state: { kind: 'unready', since: 0 } })] });
    assert.equal(weights(plan(asked(canary()), none, 1_000)), undefined);
  });

  it('is promoted with all of its instances and all of the traffic, and keeps the old warm while it bakes', () => {
    const done = seen({ progress: progress(2, 0), evidence: evidence() });
    const steps = plan(asked(canary()), done, 60_000);
    assert.deepEqual(weights(steps), { r1: 0, r2: 100 });
    assert.deepEqual(keys(steps), ['promote web r2.0', 'publish']);
    const baking = seen({ stable: generation('r2'), fallback: generation('r1'), promotedAt: 60_000 });
    const bake = plan(asked(canary()), baking, 60_000);
    assert.deepEqual(keys(bake), ['publish']);
    assert.deepEqual(published(bake)?.endpoints.web, ['web-r2.0-0', 'web-r2.0-1']);
    assert.deepEqual(published(bake)?.splits, {});
    assert.ok(!keys(plan(asked(canary()), baking, 659_999)).some((key) => key.startsWith('stop')));
    const routed = { ...baking, traffic: { ...baking.traffic, acknowledged: published(bake) } };
    assert.deepEqual(keys(plan(asked(canary()), routed, 660_000)), ['publish']);
  });

  it('does not skip its steps because the old one is ill for a moment', () => {
    const ill = OLD.map((instance) => ({ ...instance, state: { kind: 'unready', since: 0 } as const }));
    const steps = plan(asked(canary()), seen({ instances: [...ill, ...NEW] }), 1_000);
    assert.ok(!keys(steps).includes('promote web r2.0'));
  });

  it('copies safe requests before it answers any, where it is asked to', () => {
    const steps = plan(asked(canary([step(0, { mirrorPercent: 10 }), step(5)])), seen({}), 0);
    assert.deepEqual(published(steps)?.splits.web, {
      weights: { r1: 100, r2: 0 },
      stable: 'r1',
      candidate: 'r2',
      mirrorPercent: 10,
    });
  });

  it('stays where it is while it is paused', () => {
    const paused = seen({ progress: progress(1, 0, true), evidence: evidence() });
    assert.deepEqual(keys(plan(asked(canary()), paused, 1_000_000)), ['publish']);
  });

  it('has no steps where it is only started again, or nothing of the old one is left', () => {
    const again = canary(STEPS, { revision: 'r1', generation: 'r1.1' });
    assert.deepEqual(keys(plan(asked(again), serving('web', 'r1', 2), 0)), ['start web-r1.1-0']);
    const gone = seen({ instances: NEW });
    assert.ok(keys(plan(asked(canary()), gone, 60_000)).includes('promote web r2.0'));
  });
});

describe('a revision that is worse', () => {
  const worse = evidence({ regression: '5 % of its 96 requests failed' });

  it('loses its traffic in the very turn that gives it up, and nothing of it is stopped before it is recorded', () => {
    const steps = plan(asked(canary()), { ...seen({ evidence: worse }), held: {} }, 1_000);
    assert.deepEqual(keys(steps), ['fail web r2.0', 'publish']);
    assert.deepEqual(published(steps)?.endpoints.web, ['web-r1.0-0', 'web-r1.0-1']);
    assert.deepEqual(published(steps)?.splits, {});
  });

  it('is given up while it bakes, and the warm ones take over at once', () => {
    const stable = generation('r2');
    const baking = seen({ stable, fallback: generation('r1'), promotedAt: 0, evidence: worse });
    const steps = plan(asked(canary()), baking, 30_000);
    assert.deepEqual(keys(steps), ['fail web r2.0', 'publish']);
    assert.deepEqual(published(steps)?.endpoints.web, ['web-r1.0-0', 'web-r1.0-1']);
  });

  it('stays when it has baked: there is nothing left to compare it with', () => {
    const baked = seen({ stable: generation('r2'), fallback: generation('r1'), promotedAt: 0, evidence: worse });
    assert.ok(!keys(plan(asked(canary()), baked, 600_000)).includes('fail web r2.0'));
  });

  it('is not tried again, and leaves the service as it was', () => {
    const failed = seen({ failed: { 'r2.0': 'worse' }, evidence: worse });
    assert.deepEqual(keys(preview(asked(canary()), failed, 1_000)), ['publish', 'stop web-r2.0-0', 'stop web-r2.0-1']);
  });

  it('is given up by a rolling rollout too, before all of the old has ended', () => {
    const rolling = canary([]);
    const half = seen({ instances: [...OLD, NEW[0]!], evidence: worse });
    assert.equal(keys(plan(asked(rolling), half, 1_000))[0], 'fail web r2.0');
  });
});

describe('a contract migration', () => {
  const contracts = ['r2'];
  const store = { kind: 'ready' } as const;
  const promoted = { stable: generation('r2'), fallback: generation('r1'), promotedAt: 0, contracts, store };
  const desired = asked(canary([], { hasStore: true }));

  it('waits until its revision has baked and nothing older is there', () => {
    const alone = NEW.map((instance) => ({ ...instance }));
    for (const [instances, now, due] of [
      [alone, 599_999, false],
      [[...OLD, ...alone], 600_000, false],
      [alone, 600_000, true],
    ] as const) {
      const steps = keys(plan(desired, seen({ ...promoted, instances }), now));
      assert.equal(steps.includes('contract web r2'), due);
    }
  });

  it('is never applied for a revision that was given up', () => {
    const failed = { ...promoted, stable: generation('r1'), fallback: undefined, failed: { 'r2.0': 'worse' } };
    const steps = keys(preview(desired, seen({ ...failed, instances: [...OLD, ...NEW] }), 1_000_000));
    assert.ok(!steps.includes('contract web r2'));
  });
});

describe('services that are asked for together', () => {
  const both = (catalog: Partial<ObservedService> = {}, wave: number | undefined = 7) => {
    const services = [
      present('catalog', { revision: 'r2', wave: 7 }),
      present('web', { revision: 'r2', after: ['catalog'], wave }),
    ];
    const world = withService(
      withService(serving('web', 'r1', 1, { built: ['r1', 'r2'] }), {
        ...serving('catalog', 'r1', 1, { built: ['r1', 'r2'] }).services.catalog!,
        ...catalog,
      }),
      serving('web', 'r1', 1, { built: ['r1', 'r2'] }).services.web!,
    );
    return { desired: asked(...services), world };
  };

  it('roll out callee first', () => {
    const { desired, world } = both();
    assert.deepEqual(keys(plan(desired, world, 0)), ['start catalog-r2.0-0']);
    const order = keys(preview(desired, world, 0)).filter((key) => key.startsWith('promote'));
    assert.deepEqual(order, ['promote catalog r2.0', 'promote web r2.0']);
  });

  it('stop at the first that fails, and say so', () => {
    const { desired, world } = both({ failed: { 'r2.0': 'the build failed' } });
    const steps = plan(desired, world, 0);
    assert.deepEqual(keys(steps), []);
    const statuses = status(desired, world, steps);
    assert.equal(statuses.web?.state, 'blocked');
    assert.equal(statuses.web?.why, 'is held back: the rollout of catalog failed; revision r1 serves');
    assert.ok(settled(statuses));
  });

  it('are held back also while an instance of what serves ends again and again', () => {
    const { desired, world } = both({ failed: { 'r2.0': 'the build failed' } });
    const state = { kind: 'exited', at: 0, restartAt: 300_000, how: 'exit 1' } as const;
    const looping = ready('web', 'r1', 0, { exits: 9, state });
    const ill = withService(world, { ...world.services.web!, instances: [looping] });
    const statuses = status(
      desired,
      ill,
      plan(desired, ill, 1_000).filter(({ kind }) => kind !== 'publish'),
    );
    assert.equal(statuses.web?.state, 'blocked');
    assert.ok(settled(statuses));
  });

  it('do not hold up a service that was asked for alone', () => {
    const { desired, world } = both({ failed: { 'r2.0': 'the build failed' } }, 8);
    assert.deepEqual(keys(plan(desired, world, 0)), ['start web-r2.0-0']);
  });
});

function generation(revision: string) {
  return { revision, generation: `${revision}.0` };
}
