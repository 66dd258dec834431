import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Observed, type ObservedService, plan, type Step, settled, status, stepKey } from '../src/index.ts';
import { asked, PACE, present, ready, serving, withService } from './world.ts';

const keys = (steps: readonly Step[]) => steps.filter(({ kind }) => kind !== 'wait').map(stepKey);
const generation = (revision: string, restarts = 0) => ({ revision, generation: `${revision}.${restarts}` });

describe('steps that last', () => {
  const step = (percent: number) =>
    ({ percent, mirrorPercent: 0, holdMs: 60_000, requests: 0, byHand: 'never' }) as const;
  const canary = present('web', { revision: 'r2', rollout: { ...PACE, steps: [step(5), step(50)] } });
  const at = (progress: ObservedService['progress']): Observed =>
    withService(serving('web', 'r1', 1), {
      ...serving('web', 'r1', 1).services.web!,
      built: ['r1', 'r2'],
      instances: [ready('web', 'r1', 0), ready('web', 'r2', 0, { state: { kind: 'ready', since: 10_000 } })],
      progress,
    });
  const moves = (world: Observed, now: number) =>
    keys(plan(asked(canary), world, now)).filter((key) => /^(advance|promote)/.test(key));

  it('are counted each from its own beginning, the first from when its instance is ready', () => {
    assert.deepEqual(moves(at(undefined), 69_999), []);
    assert.deepEqual(moves(at(undefined), 70_000), ['advance web r2.0 1']);
    const second = at({ generation: 'r2.0', step: 1, since: 70_000, paused: false });
    assert.deepEqual(moves(second, 129_999), []);
    assert.deepEqual(moves(second, 130_000), ['advance web r2.0 2']);
  });

  it('are none of another generation’s: what it got to says nothing', () => {
    const other = at({ generation: 'r0.0', step: 2, since: 0, paused: true });
    assert.deepEqual(moves(other, 69_999), []);
    assert.deepEqual(moves(other, 70_000), ['advance web r2.0 1']);
  });
});

describe('a revision that bakes', () => {
  const service = present('web', { revision: 'r2', rollout: { ...PACE, bakeMs: 600_000 } });
  const baking = (changes: Partial<ObservedService>): Observed =>
    withService(serving('web', 'r2', 1), {
      ...serving('web', 'r2', 1).services.web!,
      built: ['r1', 'r2'],
      stable: generation('r2'),
      fallback: generation('r1'),
      ...changes,
    });
  const ill = (since: number) => [ready('web', 'r2', 0, { state: { kind: 'unready', since } }), ready('web', 'r1', 0)];

  it('is given up when an instance of it is ill for too long, and not for a moment, however old that is', () => {
    const world = baking({ instances: ill(400_000) });
    assert.ok(!keys(plan(asked(service), world, 519_999)).includes('fail web r2.0'));
    assert.ok(keys(plan(asked(service), world, 520_000)).includes('fail web r2.0'));
  });

  it('is given up for an instance that has ended and does not come back in time', () => {
    const state = { kind: 'exited', at: 100_000, restartAt: 900_000, how: 'exit 1' } as const;
    const world = baking({ instances: [ready('web', 'r2', 0, { state }), ready('web', 'r1', 0)] });
    assert.ok(!keys(plan(asked(service), world, 219_999)).includes('fail web r2.0'));
    assert.ok(keys(plan(asked(service), world, 220_000)).includes('fail web r2.0'));
  });

  it('is not kept beside itself: the same bytes started again are as good as before', () => {
    const again = present('web', { ...service, generation: 'r2.1' });
    const old = ready('web', 'r2', 0);
    const next = { ...ready('web', 'r2', 0), id: 'web-r2.1-0', generation: 'r2.1' };
    const both = { instances: [old, next], built: ['r2'], stable: generation('r2', 1), fallback: generation('r2') };
    const world = baking(both);
    const endpoints = { web: [next.id] };
    const routed = {
      ...world,
      traffic: { ...world.traffic, acknowledged: { routes: 'routes', endpoints, warm: {}, splits: {} } },
    };
    assert.deepEqual(keys(plan(asked(again), routed, 60_000)), ['stop web-r2.0-0']);
  });
});

describe('services that are asked for together', () => {
  const world = withService(
    serving('web', 'r1', 1, { built: ['r1', 'r2'] }),
    serving('catalog', 'r1', 1).services.catalog!,
  );
  const web = present('web', { revision: 'r2', after: ['catalog'], wave: 7 });
  const catalog = present('catalog', { revision: 'r2', wave: 7, blocked: ['go is not installed'] });

  it('stop at one whose new revision this machine can not run, and nobody waits for that', () => {
    const desired = asked(catalog, web);
    const steps = plan(desired, world, 0);
    assert.deepEqual(keys(steps), []);
    const statuses = status(desired, world, steps);
    assert.equal(statuses.web?.why, 'is held back: the rollout of catalog failed; revision r1 serves');
    assert.ok(settled(statuses));
  });

  it('say of one that is blocked that it is, and not that it waits for another', () => {
    const goes = { ...catalog, blocked: [] };
    const stands = { ...web, blocked: ['node is too old'] };
    const desired = asked(goes, stands);
    const steps = plan(desired, world, 0);
    const waiting = steps.flatMap((step) => (step.kind === 'wait' ? [step.service] : []));
    assert.deepEqual(waiting, ['catalog']);
    assert.ok(settled(status(desired, world, steps)));
  });

  it('go on past one that is blocked and serves what is asked for', () => {
    const there = { ...catalog, revision: 'r1', generation: 'r1.0' };
    assert.deepEqual(keys(plan(asked(there, web), world, 0)), ['start web-r2.0-0']);
  });
});

describe('two generations that can not run at once', () => {
  const service = present('web', { revision: 'r2', exclusive: true });
  const step = { kind: 'start', service: 'web', instance: 'web-r1.0-0', ...generation('r1'), index: 0 } as const;
  const starting = { [stepKey(step)]: { kind: 'running', step } } as const;
  const idle = serving('web', 'r1', 0, { built: ['r1', 'r2'] });

  it('wait for each other’s starts: one that is under way may take effect at any time', () => {
    assert.deepEqual(keys(plan(asked(service), { ...idle, held: starting }, 0)), []);
    assert.deepEqual(keys(plan(asked(service), idle, 0)), ['start web-r2.0-0']);
  });

  it('are not started again beside each other either', () => {
    const ended = ready('web', 'r2', 0, { state: { kind: 'exited', at: 0, restartAt: 0, how: 'exit 1' } });
    const world = withService(idle, { ...idle.services.web!, instances: [ended] });
    assert.deepEqual(keys(plan(asked(service), { ...world, held: starting }, 0)), []);
    assert.deepEqual(keys(plan(asked(service), world, 0)), ['start web-r2.0-0']);
  });
});
