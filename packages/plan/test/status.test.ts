import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Observed, plan, settled, status } from '../src/index.ts';
import { asked, present, serving } from './world.ts';

describe('the status of a service', () => {
  const step = { kind: 'provision', service: 'web' } as const;
  const hold = { kind: 'cooling', step, until: 9, reason: 'no space', attempt: 3 } as const;
  const desired = asked(present('web', { hasStore: true }));
  const told = (world: Observed, now: number) => status(desired, world, plan(desired, world, now));

  it('whose step fails again and again is degraded, and why', () => {
    const world = { ...serving('web', 'r1', 1), held: { 'provision web': hold } };
    const statuses = told(world, 0);
    const why = '1 of 1 ready: starts its store: failed 3 times: no space';
    assert.deepEqual(statuses, { web: { state: 'degraded', why } });
    assert.ok(settled(statuses));
  });

  it('is ready as soon as what a step failed at has come about otherwise', () => {
    const world = { ...serving('web', 'r1', 1, { store: { kind: 'ready' } }), held: { 'provision web': hold } };
    assert.deepEqual(told(world, 0).web, { state: 'ready', why: '1 of 1 ready' });
  });
});
