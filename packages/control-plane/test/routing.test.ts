import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { launchKey } from '../src/desire.ts';
import { routesOf, routingTable } from '../src/routing.ts';
import { launchSpec } from './support.ts';

const impatient: ServiceTraffic = { ...DEFAULT_TRAFFIC, timeout: { ...DEFAULT_TRAFFIC.timeout, requestMs: 1_000 } };
const before = launchSpec('orders');
const after = launchSpec('orders', {}, { traffic: impatient });

function routes(...specs: readonly (typeof before)[]) {
  return routesOf({ applied: undefined, specs, edgePort: () => undefined, operatorSocket: '/run/operator' });
}

test('another traffic policy is another table, and no other revision', () => {
  assert.notEqual(routes(before).key, routes(after).key);
  assert.equal(launchKey(before, {}), launchKey(after, {}));
});

test('the instances of an older revision are reached as the file says now', () => {
  const table = routingTable({
    version: 1,
    routes: routes(after, before),
    endpoints: {},
    splits: {},
    endpointOf: () => undefined,
    unavailable: () => 'it starts',
  });
  assert.deepEqual(table.services, {
    orders: {
      protocol: 'http',
      traffic: impatient,
      endpoints: [],
      split: undefined,
      unavailable: 'it starts',
      hold: undefined,
    },
  });
});
