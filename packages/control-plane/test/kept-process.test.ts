import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessState, Supervisor } from '@islet/supervise';
import { pino } from 'pino';
import { keepProcess } from '../src/kept-process.ts';
import { VirtualClock } from '../src/testing/index.ts';

/** One process that ends when it is told to. */
function world() {
  const clock = new VirtualClock();
  const states = new Map<string, ProcessState>();
  const listeners = new Set<(name: string) => void>();
  let starts = 0;
  const supervisor = {
    observe: () => states,
    onExit: (listener) => {
      listeners.add(listener);
      return { [Symbol.dispose]: () => listeners.delete(listener) };
    },
    start: async ({ name }) => {
      starts += 1;
      states.set(name, { kind: 'running', pid: starts, startedAt: clock.now() });
    },
  } as Partial<Supervisor> as Supervisor;
  const spec = { name: 'telemetry' } as Parameters<typeof keepProcess>[0];
  const kept = keepProcess(spec, { supervisor, clock, log: pino({ level: 'silent' }) });
  const end = () => {
    states.set('telemetry', { kind: 'exited', at: clock.now(), how: 'SIGKILL' });
    for (const listener of listeners) listener('telemetry');
  };
  return { clock, kept, end, starts: () => starts };
}

test('is started again after its back-off, and not before', async () => {
  const { clock, kept, end, starts } = world();
  await kept.ensure();
  end();
  await clock.pass(900);
  await kept.ensure();
  assert.equal(starts(), 1);
  await clock.pass(5_000);
  assert.equal(starts(), 2);
});

test('is started again after its back-off, although the clock was put back', async () => {
  const { clock, kept, end, starts } = world();
  await kept.ensure();
  clock.jump(-3_600_000);
  end();
  await clock.pass(5_000);
  assert.equal(starts(), 2);
});
