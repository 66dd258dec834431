import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Observed, type PresentService, plan, type Step, stepKey } from '../src/index.ts';
import { asked, present, ready, serving } from './world.ts';

const text = (step: Step) => (step.kind === 'wait' ? `${step.why}, until ${step.until}` : stepKey(step));
const routed = (world: Observed, endpoints: Record<string, string[]>): Observed => ({
  ...world,
  traffic: { ...world.traffic, acknowledged: { routes: 'routes', endpoints, splits: {} } },
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
