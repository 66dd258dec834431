import assert from 'node:assert/strict';
import { it } from 'node:test';
import { budgetOf, fixedDemand } from '../src/scale/budget.ts';
import type { Applied } from '../src/store/applied.ts';
import { launchSpec } from './support.ts';

const GIB = 1024 ** 3;

it('what stores may hold is not there for automatic scaling to give away', () => {
  const spec = launchSpec('orders');
  const stores = { database: { limits: { memoryBytes: GIB, connections: 40 } }, redis: { maxMemoryBytes: GIB / 2 } };
  const applied = { services: [{ spec: { ...spec, ...stores } }, { spec }] } as unknown as Applied;
  const machine = { cpu: 4, memoryBytes: 10 * GIB };
  const budget = budgetOf(
    applied,
    machine,
    fixedDemand(applied, () => 0),
  );
  assert.equal(budget.memoryBytes, 8 * GIB - 1.5 * GIB);
});
