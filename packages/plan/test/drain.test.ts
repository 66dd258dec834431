import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Observed, type PresentService, plan, type Step, status, stepKey } from '../src/index.ts';
import { asked, present, ready, serving } from './world.ts';

const text = (step: Step) => (step.kind === 'wait' ? `${step.why}, until ${step.until}` : stepKey(step));
const routed = (world: Observed, endpoints: Record<string, string[]>): Observed => ({
  ...world,
  traffic: { ...world.traffic, acknowledged: { routes: 'routes', endpoints, warm: {}, splits: {} } },
});

describe('a drain', () => {
  it('waits for requests and for tunnels and streams by their own deadlines', () => {
    const away = routed(
      serving('web', 'r2', 1, { built: ['r1', 'r2'], instances: [ready('web', 'r1', 0), ready('web', 'r2', 0)] }),
      { web: ['web-r2.0-0'] },
    );
    const [old, removedAt] = ['web-r1.0-0', { 'web-r1.0-0': 20_000 }];
    const at = (now: number, inFlight: number, longLived: number, part: Partial<PresentService> = {}) => {
      const traffic = { ...away.traffic, inFlight: { [old]: inFlight }, longLived: { [old]: longLived }, removedAt };
      return plan(asked(present('web', { revision: 'r2', ...part })), { ...away, traffic }, now).map(text);
    };
    assert.deepEqual(at(21_000, 5, 2), [`drains ${old}: 3 in flight, 2 long-lived, until 50000`]);
    assert.deepEqual(at(50_000, 5, 2), [`drains ${old}: 2 long-lived, until 320000`]);
    assert.deepEqual(at(50_000, 3, 0), [`stop ${old}`]);
    assert.deepEqual(at(319_999, 2, 2), [`drains ${old}: 2 long-lived, until 320000`]);
    assert.deepEqual(at(320_000, 2, 2), [`stop ${old}`]);
    assert.deepEqual(at(21_000, 5, 2, { longLivedMs: 0 }), [`drains ${old}: 3 in flight, until 50000`]);
    assert.deepEqual(at(21_000, 2, 2, { longLivedMs: 0 }), [`stop ${old}`]);
  });

  it('does not end what looks dead while its start is under way: it may serve by now', () => {
    const dead = ready('web', 'r1', 0, { state: { kind: 'exited', at: 0, restartAt: 0, how: 'SIGKILL' } });
    const world = routed(serving('web', 'r2', 1, { built: ['r1', 'r2'], instances: [dead, ready('web', 'r2', 0)] }), {
      web: ['web-r2.0-0'],
    });
    const at = (held: Observed['held']) =>
      plan(asked(present('web', { revision: 'r2' })), { ...world, held }, 1_000).map(text);
    assert.deepEqual(at({}), ['stop web-r1.0-0']);
    const { id: instance, revision, generation, index } = dead;
    const step = { kind: 'start', service: 'web', instance, revision, generation, index } as const;
    const waits = at({ 'start web-r1.0-0': { kind: 'running', step } });
    assert.deepEqual(waits, ['waits for the start of web-r1.0-0 to end, until undefined']);
  });

  it('takes also what looks dead out of traffic first: the look may be older than its start', () => {
    const dead = ready('web', 'r1', 0, { state: { kind: 'exited', at: 0, restartAt: 0, how: 'SIGKILL' } });
    const world = serving('web', 'r2', 1, { built: ['r1', 'r2'], instances: [dead, ready('web', 'r2', 0)] });
    const still = routed(world, { web: ['web-r1.0-0', 'web-r2.0-0'] });
    const steps = plan(asked(present('web', { revision: 'r2' })), still, 1_000);
    assert.deepEqual(steps.map(text), ['takes web-r1.0-0 out of traffic, until undefined', 'publish']);
  });

  it('keeps nobody waiting for streams of an old instance that has to end before the new one starts', () => {
    const away = routed(serving('web', 'r1', 1, { built: ['r1', 'r2'], instances: [ready('web', 'r1', 0)] }), {});
    const counts = { 'web-r1.0-0': 1 };
    const traffic = { ...away.traffic, inFlight: counts, longLived: counts, removedAt: { 'web-r1.0-0': 0 } };
    const desired = asked(present('web', { revision: 'r2', exclusive: true }));
    const at = (now: number) => plan(desired, { ...away, traffic }, now).map(text);
    assert.ok(at(29_999).includes('drains web-r1.0-0: 1 long-lived, until 30000'));
    assert.ok(at(30_000).includes('stop web-r1.0-0'));
  });
});

describe('an instance that a person takes out of traffic', () => {
  const [first, second] = ['web-r1.0-0', 'web-r1.0-1'] as const;
  const drained = present('web', { drained: [first] });

  it('serves until another is ready in its place, and then runs on', () => {
    const one = serving('web', 'r1', 1);
    assert.deepEqual(plan(asked(drained), one, 1_000).map(text), [`start ${second}`]);

    const young = ready('web', 'r1', 1, { state: { kind: 'ready', since: 1_000 } });
    const two = serving('web', 'r1', 1, { instances: [ready('web', 'r1', 0), young] });
    const waits = plan(asked(drained), routed(two, { web: [first, second] }), 2_000).map(text);
    assert.deepEqual(waits, [`${second} must stay ready, until 11000`]);

    const settled = plan(asked(drained), routed(two, { web: [first, second] }), 11_000);
    assert.deepEqual(settled.map(text), [`takes ${first} out of traffic, until undefined`, 'publish']);
    const publish = settled.find((step) => step.kind === 'publish');
    assert.deepEqual(publish?.endpoints, { web: [second] });

    const out = routed(two, { web: [second] });
    const end = plan(asked(drained), out, 12_000);
    assert.deepEqual(end.map(text), [`${first} is out of traffic, as it was asked to, until undefined`]);
    const told = status(asked(drained), out, end).web;
    assert.equal(told?.state, 'ready');
    assert.match(told?.why ?? '', /^1 of 1 ready; web-r1\.0-0 is out of traffic/);
  });

  it('is waited for while it answers what it was given', () => {
    const world = routed(serving('web', 'r1', 2), { web: [second] });
    const traffic = { ...world.traffic, inFlight: { [first]: 2 }, removedAt: { [first]: 1_000 } };
    const steps = plan(asked(drained), { ...world, traffic }, 2_000);
    assert.deepEqual(steps.map(text), [`drains ${first}: 2 in flight, until 31000`]);
    assert.equal(status(asked(drained), world, steps).web?.state, 'progressing');
  });

  it('comes back by itself only where nobody else could answer', () => {
    const ill = ready('web', 'r1', 1, { state: { kind: 'unready', since: 0 } });
    const world = routed(serving('web', 'r1', 1, { instances: [ready('web', 'r1', 0), ill] }), {});
    const publish = plan(asked(drained), world, 20_000).find((step) => step.kind === 'publish');
    assert.deepEqual(publish?.endpoints, { web: [first] });
  });

  it('is wanted again when it is taken back, and its stand-in is drained', () => {
    const world = routed(serving('web', 'r1', 2), { web: [second] });
    const steps = plan(asked(present('web')), world, 20_000);
    const publish = steps.find((step) => step.kind === 'publish');
    assert.deepEqual(publish?.endpoints, { web: [first] });
    assert.deepEqual(plan(asked(present('web')), routed(serving('web', 'r1', 2), { web: [first] }), 20_000).map(text), [
      `stop ${second}`,
    ]);
  });

  it('ends with its generation, and when nothing of the service is to run', () => {
    const old = serving('web', 'r2', 1, {
      built: ['r1', 'r2'],
      instances: [ready('web', 'r1', 0), ready('web', 'r2', 0)],
    });
    const newer = present('web', { revision: 'r2', drained: [first] });
    assert.deepEqual(plan(asked(newer), routed(old, { web: ['web-r2.0-0'] }), 20_000).map(text), [`stop ${first}`]);
    const none = present('web', { instances: 0, drained: [first] });
    assert.deepEqual(plan(asked(none), routed(serving('web', 'r1', 1), {}), 20_000).map(text), [`stop ${first}`]);
  });

  it('stays while it hangs, is cleared away once it has ended, and is not started again', () => {
    const at = (state: ReturnType<typeof ready>['state']) => {
      const instances = [ready('web', 'r1', 0, { state }), ready('web', 'r1', 1)];
      return plan(asked(drained), routed(serving('web', 'r1', 1, { instances }), { web: [second] }), 20_000).map(text);
    };
    assert.deepEqual(at({ kind: 'hung', startedAt: 0, since: 0, why: 'fails its liveness probe' }), [
      `${first} is out of traffic, as it was asked to, until undefined`,
    ]);
    assert.deepEqual(at({ kind: 'exited', at: 0, restartAt: 0, how: 'exit 0' }), [`stop ${first}`]);
  });

  it('goes on serving where what would stand in for it is not ready', () => {
    const ill = ready('web', 'r3', 0, { state: { kind: 'unready', since: 0 } });
    const instances = [ready('web', 'r1', 0), ready('web', 'r1', 1), ill];
    const world = serving('web', 'r1', 2, { built: ['r1', 'r2'], instances });
    const newer = present('web', { revision: 'r2', instances: 2, drained: [first] });
    const steps = plan(asked(newer), routed(world, { web: [first, second] }), 20_000);
    assert.deepEqual(
      steps.filter(({ kind }) => kind === 'publish'),
      [],
    );
  });

  it('does not come back with the old revision while a new one gets its share', () => {
    const rollout = {
      ...present('web').rollout,
      steps: [{ percent: 50, mirrorPercent: 0, holdMs: 60_000, requests: 0, byHand: 'never' as const }],
    };
    const instances = [ready('web', 'r1', 0), ready('web', 'r1', 1), ready('web', 'r2', 0)];
    const world = serving('web', 'r1', 1, { built: ['r1', 'r2'], instances });
    const newer = present('web', { revision: 'r2', rollout, drained: [first] });
    const publish = plan(asked(newer), routed(world, { web: [second] }), 20_000).find(({ kind }) => kind === 'publish');
    assert.deepEqual(publish?.kind === 'publish' && publish.endpoints, { web: [second, 'web-r2.0-0'] });
  });

  it('is nothing where two can’t run at once', () => {
    const alone = present('web', { drained: [first], exclusive: true });
    assert.deepEqual(plan(asked(alone), serving('web', 'r1', 1), 20_000).map(text), []);
  });
});
