import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ComputeInstance } from '@islet/driver';
import type { ProbeState } from '@islet/policy';
import { observedInstances } from '../src/observed-instances.ts';

const RUNNING = { kind: 'running', pid: 1, startedAt: 0 } as const;

function instance(process: ComputeInstance['process']): ComputeInstance {
  const id = 'web-r1.0-0';
  return {
    id,
    service: 'web',
    revision: 'r1',
    generation: 'r1.0',
    index: 0,
    host: '127.0.0.1',
    port: 1,
    process,
    starts: 1,
    firstStartedAt: 0,
  };
}

function look() {
  const probed = { kind: 'failed', at: 5, cause: 'startup' } as const;
  return observedInstances({
    ledger: { note: () => ({ exits: 1, restartAt: 9 }) },
    prober: { state: () => probed, problem: () => 'nothing listens on port 1' },
  });
}

const WHY = 'it did not answer its startup probe in time: nothing listens on port 1';

it('says of what was killed for hanging why it was', () => {
  const { see: observed } = look();
  assert.deepEqual(observed(instance(RUNNING)).state, { kind: 'hung', startedAt: 0, since: 5, why: WHY });
  const { state } = observed(instance({ kind: 'exited', at: 7, how: 'SIGKILL' }));
  assert.deepEqual(state, { kind: 'exited', at: 7, restartAt: 9, how: `killed, since ${WHY}` });
});

it('takes no other end for that', () => {
  const { see: observed } = look();
  observed(instance(RUNNING));
  const how = (end: string) => {
    const { state } = observed(instance({ kind: 'exited', at: 7, how: end }));
    return state.kind === 'exited' && state.how;
  };
  assert.equal(how('exit 1'), 'exit 1');
  assert.equal(look().see(instance({ kind: 'exited', at: 7, how: 'SIGKILL' })).state.kind, 'exited');
});

it('says of one that starts again why the process before was killed, until it is ready or says more itself', () => {
  let probed: ProbeState = { kind: 'failed', at: 5, cause: 'startup' };
  let problem: string | undefined = 'nothing listens on port 1';
  const { see } = observedInstances({
    ledger: { note: () => ({ exits: 1, restartAt: 9 }) },
    prober: { state: () => probed, problem: () => problem },
  });
  const why = () => {
    const { state } = see(instance(RUNNING));
    return 'why' in state ? state.why : undefined;
  };
  assert.equal(why(), WHY);
  [probed, problem] = [{ kind: 'starting', since: 8, probedAt: undefined }, undefined];
  assert.equal(why(), `the process before was killed, since ${WHY}`);
  problem = 'GET /readyz answers 503';
  assert.equal(why(), 'GET /readyz answers 503');
  problem = undefined;
  assert.equal(why(), `the process before was killed, since ${WHY}`);
  probed = { kind: 'ready', since: 10, against: 0, liveFailures: 0, readyAt: 10, liveAt: 10 };
  assert.equal(why(), undefined);
  probed = { kind: 'starting', since: 11, probedAt: undefined };
  assert.equal(why(), undefined);
});

it('forgets why one hung that is no longer there: another of its name may be killed for any reason', () => {
  const { see, keep } = look();
  const why = () => {
    const { state } = see(instance({ kind: 'exited', at: 7, how: 'SIGKILL' }));
    return state.kind === 'exited' && state.how;
  };
  see(instance(RUNNING));
  keep(new Set(['web-r1.0-0']));
  assert.equal(why(), `killed, since ${WHY}`);
  keep(new Set());
  assert.equal(why(), 'SIGKILL');
});
