import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteMatch, TrafficOverride, TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { TrafficPolicies } from '../src/index.ts';

const { timeout } = DEFAULT_TRAFFIC;
const ORDER: RouteMatch = { method: undefined, path: '/orders/{id}' };
const PLACE: RouteMatch = { method: 'POST', path: '/orders' };

function after(requestMs: number): Partial<TrafficSpec> {
  return { timeout: { ...timeout, requestMs } };
}

function override(parts: Partial<TrafficOverride>): TrafficOverride {
  const policy = parts.policy ?? {};
  const changes = Object.keys(policy) as (keyof TrafficSpec)[];
  return { at: undefined, caller: undefined, route: undefined, changes, ...parts, policy };
}

/** What holds for a caller by the overrides, in whatever order they come. */
function policies(caller: string | undefined, ...overrides: readonly TrafficOverride[]): TrafficPolicies {
  return new TrafficPolicies({ ...DEFAULT_TRAFFIC, overrides }, caller);
}

const ALL = [
  override({ caller: 'web', route: ORDER, policy: after(1) }),
  override({ route: ORDER, policy: after(2) }),
  override({ caller: 'web', policy: after(3) }),
];

const ROWS = [
  { caller: 'web', target: '/orders/7', requestMs: 1, route: '/orders/{id}' },
  { caller: 'web', target: '/orders/7?all', requestMs: 1, route: '/orders/{id}' },
  { caller: 'web', target: '/other', requestMs: 3, route: undefined },
  { caller: 'app', target: '/orders/7', requestMs: 2, route: '/orders/{id}' },
  { caller: 'app', target: '/other', requestMs: timeout.requestMs, route: undefined },
  { caller: undefined, target: '*', requestMs: timeout.requestMs, route: undefined },
];

for (const { caller, target, requestMs, route } of ROWS) {
  test(`${caller ?? 'nobody'} asks for ${target}: the most specific override counts`, () => {
    for (const overrides of [ALL, ALL.toReversed()]) {
      const found = policies(caller, ...overrides).find('GET', target);
      assert.equal(found.policy.timeout.requestMs, requestMs);
      assert.equal(found.route, route);
    }
  });
}

test("a section that nobody overrides is the service's own, and one that is changed and missing is off", () => {
  const found = policies('web', override({ route: ORDER, changes: ['retry'], policy: {} })).find('GET', '/orders/7');
  assert.equal(found.policy.retry, undefined);
  assert.equal(found.policy.timeout, timeout);
});

test('what counts by route, by caller or for the service is told for each section', () => {
  const { breaker, limits } = DEFAULT_TRAFFIC;
  const it = policies(
    'web',
    override({ route: PLACE, policy: { breaker } }),
    override({ caller: 'web', policy: { breaker, limits } }),
  );
  assert.deepEqual(it.find('POST', '/orders').scopes, { breaker: 'route', limits: 'caller', rateLimit: 'service' });
  assert.deepEqual(it.find('GET', '/orders').scopes, { breaker: 'caller', limits: 'caller', rateLimit: 'service' });
});

test('a route is put together once, so what is kept by its policy stays', () => {
  const it = policies('web', ...ALL);
  assert.equal(it.find('GET', '/orders/1'), it.find('POST', '/orders/2'));
});
