import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ComputeInstance } from '@islet/driver';
import { type Observed, type ObservedInstance, unseen } from '@islet/plan';
import { CRASH_LOOP_EXITS, crashLoopWarnings, endOf } from '../src/crash-loops.ts';
import { createLedger } from '../src/ledger.ts';
import { VirtualClock } from '../src/testing/index.ts';

const instance = {
  id: 'web-r1.0-0',
  service: 'web',
  revision: 'r1',
  generation: 'r1.0',
  index: 0,
} as ComputeInstance;
const seen = (exits: number): Observed => {
  const state: ObservedInstance['state'] = { kind: 'exited', at: 0, restartAt: 4_000, how: 'exit 3' };
  const { id, revision, generation, index } = instance;
  const ended = { id, revision, generation, index, exits, firstStartedAt: 0, state };
  return {
    services: { web: { ...unseen('web'), instances: [ended] } },
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
  const ledger = createLedger({
    clock: plain,
    onEnd: (instance, how, exits) => {
      loops += endOf(instance, how, exits).filter(({ kind }) => kind === 'crash-loop').length;
    },
    endedBy: () => undefined,
    drillsAt: () => 0,
  });
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

test('what is being stopped has not ended by itself, and nothing is said of it', () => {
  const clock = new VirtualClock();
  const told: string[] = [];
  const ledger = createLedger({
    clock,
    onEnd: (_, how) => told.push(how),
    endedBy: () => undefined,
    drillsAt: () => 0,
  });
  const running = { ...instance, starts: 1, process: { kind: 'running', pid: 1, startedAt: clock.now() } } as const;
  const ended = (how: string) =>
    ({ ...instance, starts: 1, process: { kind: 'exited', at: clock.now(), how } }) as const;
  ledger.note(running);
  const asked = ended('exit 0');
  assert.equal(ledger.note(asked, { isBeingStopped: true }).exits, 0);
  assert.equal(ledger.note(asked).exits, 0, 'nor later, while it is still there');
  clock.jump(1_000);
  assert.equal(ledger.note(ended('exit 3')).exits, 1);
  assert.deepEqual(told, ['exit 3']);
});

test('what a drill ends is started again at once and is no crash, however often; what ends by itself after it is', () => {
  const clock = new VirtualClock();
  /** Instants at which a drill explains an end, and which it is. */
  const drills = new Map<number, number>();
  const ends: number[] = [];
  const make = (drilled: number) =>
    createLedger({
      clock: { now: () => clock.now(), dice: () => 0.5, after: () => assert.fail() },
      onEnd: (_instance, _how, exits) => ends.push(exits),
      endedBy: (_instance, at) => drills.get(at),
      drillsAt: () => drilled,
    });
  const ledger = make(0);
  let starts = 0;
  const running = () =>
    ({ ...instance, starts, process: { kind: 'running', pid: 1, startedAt: clock.now() } }) as const;
  /** It runs for a second, and ends; a drill may have done it. */
  const end = (drill: number | undefined) => {
    starts += 1;
    ledger.note(running());
    clock.jump(1_000);
    if (drill !== undefined) drills.set(clock.now(), drill);
    return ledger.note({ ...instance, starts, process: { kind: 'exited', at: clock.now(), how: 'SIGKILL' } });
  };
  for (let drill = 1; drill <= 8; drill += 1) {
    const { exits, restartAt } = end(drill);
    assert.deepEqual([exits, restartAt], [0, clock.now()]);
  }
  assert.deepEqual(ends, []);
  // The last drill has had its end.
  for (const exits of [1, 2, 3]) assert.equal(end(8).exits, exits);
  assert.deepEqual(ends, [1, 2, 3]);

  // The next control plane knows no more than how often it was started, and how many drills there were.
  starts = 12;
  const next = make(8);
  assert.equal(next.note(running()).exits, 3);
  assert.equal(make(99).note(running()).exits, 0);
  const at = clock.now();
  assert.equal(next.note({ ...instance, starts, process: { kind: 'exited', at, how: 'exit 3' } }).exits, 4);
});

const quiet = { onEnd: () => undefined, endedBy: () => undefined, drillsAt: () => 0 };
const HOUR_MS = 3_600_000;

test('a clock that was put back keeps nothing from its restart for longer than its back-off', () => {
  const clock = new VirtualClock();
  const plain = { now: () => clock.now(), dice: () => 0.5, after: () => assert.fail() };
  const ledger = createLedger({ clock: plain, ...quiet });
  const running = { kind: 'running', pid: 1 } as const;
  ledger.note({ ...instance, starts: 3, process: { ...running, startedAt: clock.now() } });
  const ended = { ...instance, starts: 3, process: { kind: 'exited', at: clock.now(), how: 'exit 3' } } as const;
  assert.equal(ledger.note(ended).restartAt, clock.now() + 2_000);
  clock.jump(-HOUR_MS);
  assert.equal(ledger.note(ended).restartAt, clock.now() + 2_000);
  clock.jump(1_500);
  assert.equal(ledger.note(ended).restartAt, clock.now() + 500);
});

test('what ended before a reboot is started at once, whatever the clock shows after it', () => {
  const clock = new VirtualClock();
  const process = { kind: 'exited', at: clock.now() + HOUR_MS, how: 'exit 0' } as const;
  assert.equal(createLedger({ clock, ...quiet }).note({ ...instance, starts: 9, process }).restartAt, clock.now());
});
