import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HealthSpec } from '@islet/spec';
import { afterProbe, dueProbes, type ProbeKind, type ProbeState, startProbing } from '../src/index.ts';

const target = { kind: 'tcp' } as const;
const health: HealthSpec = {
  startup: { target, fastPeriodMs: 100, fastForMs: 5_000, periodMs: 1_000, timeoutMs: 1_000, deadlineMs: 60_000 },
  ready: { target, periodMs: 1_000, timeoutMs: 1_000, fall: 2, rise: 2 },
  live: { target, periodMs: 10_000, timeoutMs: 1_000, fall: 3, rise: 1 },
};

function run(results: readonly (readonly [ProbeKind, boolean, number])[]): ProbeState {
  return results.reduce((state, [probe, ok, now]) => afterProbe(state, { probe, ok }, now, health), startProbing(0));
}

test('an instance that misses the startup deadline has failed', () => {
  assert.equal(run([['startup', false, 59_999]]).kind, 'starting');
  assert.deepEqual(run([['startup', false, 60_000]]), { kind: 'failed', at: 60_000, cause: 'startup' });
});

test('a failed instance is not probed and no result revives it', () => {
  const failed = run([['startup', false, 60_000]]);
  assert.deepEqual(dueProbes(failed, health), []);
  assert.equal(afterProbe(failed, { probe: 'startup', ok: true }, 60_001, health), failed);
});

test('three liveness failures in a row end it, and a success in between forgives', () => {
  const started = ['startup', true, 0] as const;
  const dead = run([started, ['live', false, 1], ['live', false, 2], ['live', false, 3]]);
  assert.deepEqual(dead, { kind: 'failed', at: 3, cause: 'liveness' });
  const alive = run([started, ['live', false, 1], ['live', false, 2], ['live', true, 3], ['live', false, 4]]);
  assert.equal(alive.kind, 'ready');
});

test('readiness falls at the second failure in a row', () => {
  assert.equal(
    run([
      ['startup', true, 0],
      ['ready', false, 1],
    ]).kind,
    'ready',
  );
  const flapping = run([
    ['startup', true, 0],
    ['ready', false, 1],
    ['ready', true, 2],
    ['ready', false, 3],
  ]);
  assert.equal(flapping.kind, 'ready');
  assert.equal(
    run([
      ['startup', true, 0],
      ['ready', false, 1],
      ['ready', false, 2],
    ]).kind,
    'unready',
  );
});

test('readiness rises at the second success, but only after it fell', () => {
  assert.equal(run([['startup', true, 0]]).kind, 'ready');
  const fallen = [
    ['startup', true, 0],
    ['ready', false, 1],
    ['ready', false, 2],
  ] as const;
  assert.equal(run([...fallen, ['ready', true, 3]]).kind, 'unready');
  assert.equal(run([...fallen, ['ready', true, 3], ['ready', true, 4]]).kind, 'ready');
});

test('startup gates the other probes', () => {
  const starting = startProbing(0);
  assert.equal(afterProbe(starting, { probe: 'live', ok: false }, 1, health), starting);
  assert.deepEqual(dueProbes(starting, health), [{ probe: 'startup', at: 0 }]);
});

test('startup is probed fast at first, then slowly, and last at the deadline', () => {
  const at = (probedAt: number) => dueProbes(run([['startup', false, probedAt]]), health)[0]?.at;
  assert.equal(at(4_900), 5_000);
  assert.equal(at(5_000), 6_000);
  assert.equal(at(59_500), 60_000);
});

test('without a liveness probe only readiness is due', () => {
  const state = run([['startup', true, 7]]);
  assert.deepEqual(dueProbes(state, { ...health, live: undefined }), [{ probe: 'ready', at: 1_007 }]);
  assert.deepEqual(dueProbes(state, health)[1], { probe: 'live', at: 10_007 });
});
