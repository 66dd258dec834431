import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { Histogram } from '@islet/policy';
import { openAlertStore } from '../../src/alerts/database.ts';
import type { Objective } from '../../src/alerts/objectives.ts';
import { createSloKeeper, sloConditions } from '../../src/alerts/slo-keeper.ts';
import type { EdgeCounters } from '../../src/scale/load.ts';

const ORDERS: Objective = {
  service: 'orders',
  key: 'availability',
  slo: { kind: 'availability', percent: 99.9 },
  percent: 99.9,
};

function edge(requests: number, failed: number): EdgeCounters {
  const none = new Histogram().toJSON();
  return {
    from: { kind: 'gateway' },
    service: 'orders',
    requests,
    inFlight: 0,
    latencyUs: none,
    statuses: { '5xx': failed },
  };
}

function place(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-slo-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const open = () => {
    const store = openAlertStore(join(folder, 'alerts.db'));
    return { store, keeper: createSloKeeper(store) };
  };
  const judged = ({ keeper }: ReturnType<typeof open>, now: number) => {
    const [verdict] = keeper.judge([ORDERS], now);
    return { good: verdict?.verdict.good, bad: verdict?.verdict.bad };
  };
  return { open, judged };
}

it('the control plane is killed: nothing is counted twice, and nothing that the proxy counted meanwhile is lost', (t) => {
  const { open, judged } = place(t);
  const first = open();
  first.keeper.read([ORDERS], [edge(100, 0)], 0);
  first.keeper.read([ORDERS], [edge(200, 10)], 60_000);
  // Not written yet.
  first.keeper.read([ORDERS], [edge(250, 12)], 70_000);
  assert.deepEqual(judged(first, 70_000), { good: 138, bad: 12 });
  first.store.close();

  const second = open();
  second.keeper.read([ORDERS], [edge(300, 15)], 200_000);
  assert.deepEqual(judged(second, 200_000), { good: 185, bad: 15 });
  second.store.close();
});

it('the proxy is killed: what its successor counts is added', (t) => {
  const { open, judged } = place(t);
  const { keeper, store } = open();
  keeper.read([ORDERS], [edge(0, 0)], 0);
  keeper.read([ORDERS], [edge(100, 1)], 10_000);
  keeper.read([ORDERS], [edge(7, 2)], 20_000);
  assert.deepEqual(judged({ keeper, store }, 20_000), { good: 104, bad: 3 });
  store.close();
});

it('an objective that is promised anew begins anew, and one that comes back counts nothing of the time between', (t) => {
  const { open, judged } = place(t);
  const { keeper, store } = open();
  keeper.read([ORDERS], [edge(0, 0)], 0);
  keeper.read([], [edge(500, 500)], 10_000);
  keeper.read([ORDERS], [edge(1000, 1000)], 20_000);
  assert.deepEqual(judged({ keeper, store }, 20_000), { good: 0, bad: 0 });
  store.close();
});

it('says the figures, the rule and the budget that is left', (t) => {
  const { open } = place(t);
  const { keeper, store } = open();
  keeper.read([ORDERS], [edge(0, 0)], 0);
  keeper.read([ORDERS], [edge(1000, 100)], 300_000);
  const [condition] = sloConditions(keeper.judge([ORDERS], 300_000));
  assert.equal(condition?.severity, 'page');
  assert.match(
    condition?.why ?? '',
    /100 of 1000 requests failed in 1h: 100\.0 times what 99\.9 % allow, from 14\.4 on; the budget of 30 days was spent 100\.0 times/,
  );
  store.close();
});
