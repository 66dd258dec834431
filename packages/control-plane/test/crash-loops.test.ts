import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComputeInstance } from '@islet/driver';
import { type Observed, type ObservedInstance, unseen } from '@islet/plan';
import { CRASH_LOOP_EXITS, crashLoopOf, crashLoopWarnings } from '../src/crash-loops.ts';
import { createLedger } from '../src/ledger.ts';
import { VirtualClock } from '../src/testing/index.ts';

const seen = (exits: number): Observed => {
  const state: ObservedInstance['state'] = { kind: 'exited', at: 0, restartAt: 4_000, how: 'exit 3' };
  const instance = { id: 'web-r1.0-0', revision: 'r1', generation: 'r1.0', index: 0, exits, firstStartedAt: 0, state };
  return {
    services: { web: { ...unseen('web'), instances: [instance] } },
    traffic: { acknowledged: undefined, inFlight: {}, longLived: {}, removedAt: {} },
    held: {},
  };
};

test('an instance that ends again and again is told to whoever looks, with where to look next', () => {
  assert.deepEqual(crashLoopWarnings(seen(CRASH_LOOP_EXITS - 1)), []);
  const [warning] = crashLoopWarnings(seen(CRASH_LOOP_EXITS));
  assert.match(warning ?? '', /^web-r1\.0-0 ends again and again: 5 times \(exit 3.*\); `islet logs web` says why$/);
});

test('a crash loop is decided on once, however long it goes on, and again after ten minutes of health', () => {
  const clock = new VirtualClock();
  let loops = 0;
  const plain = { now: () => clock.now(), dice: () => 0.5, after: () => assert.fail() };
  const ledger = createLedger(plain, ({ id, service }, how, exits) => {
    loops += crashLoopOf({ kind: 'ended', service, instance: id, how }, exits).length;
  });
  const instance = {
    id: 'web-r1.0-0',
    service: 'web',
    revision: 'r1',
    generation: 'r1.0',
    index: 0,
  } as ComputeInstance;
  const crash = () => {
    ledger.note({ ...instance, starts: 1, process: { kind: 'running', pid: 1, startedAt: clock.now() } });
    clock.jump(1_000);
    ledger.note({ ...instance, starts: 1, process: { kind: 'exited', at: clock.now(), how: 'exit 3' } });
  };
  for (let count = 0; count < 20; count += 1) crash();
  assert.equal(loops, 1);
  ledger.note({ ...instance, starts: 1, process: { kind: 'running', pid: 1, startedAt: clock.now() } });
  clock.jump(600_000);
  ledger.note({ ...instance, starts: 1, process: { kind: 'exited', at: clock.now(), how: 'exit 3' } });
  for (let count = 0; count < 20; count += 1) crash();
  assert.equal(loops, 2);
});
