import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DriverError } from '@islet/driver';
import { type Branch, readyBranch } from '../src/backup/branches.ts';

const branch = (name: string, changes: Partial<Branch> = {}): Branch => ({
  name,
  service: 'orders',
  asOf: 'as of noon',
  startedAt: 1_000,
  state: 'ready',
  ...changes,
});

const hintOf = (known: readonly Branch[]) => {
  try {
    readyBranch(known, 'noon', 'orders');
  } catch (error) {
    return error instanceof DriverError && error.code === 'not-found' ? error.hint : error;
  }
  return 'found';
};

test('a branch that is there and ready is found', () => {
  assert.equal(readyBranch([branch('noon')], 'noon', 'orders'), 'branch.noon');
});

test('one that is not says how it is made, or which there are of this store', () => {
  const strange = [branch('noon', { service: 'catalog' }), branch('noon', { state: 'restoring' })];
  assert.equal(hintOf(strange), 'islet restore orders --as noon makes it');
  assert.equal(hintOf([...strange, branch('dawn')]), 'there is dawn');
});
