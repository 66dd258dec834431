import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IN_MEMORY, openDatabase } from '../../src/store/database.ts';
import { openDecisions } from '../../src/store/decisions.ts';

it('ends are counted of instances that end again and again, and not of those that a rollout replaces', () => {
  const decisions = openDecisions(openDatabase(IN_MEMORY));
  const end = (instance: string, at: number) =>
    decisions.record({ kind: 'ended', service: 'orders', instance, how: 'exit 1' }, at);
  for (let n = 0; n < 8; n++) end(`orders-r${n}.0-0`, 1_000 + n);
  assert.equal(decisions.endsSince('orders', 0), 0);
  for (let n = 0; n < 5; n++) end('orders-r9.0-0', 2_000 + n);
  assert.equal(decisions.endsSince('orders', 0), 5);
  assert.equal(decisions.endsSince('orders', 2_003), 2);
  assert.equal(decisions.endsSince('web', 0), 0);
});
