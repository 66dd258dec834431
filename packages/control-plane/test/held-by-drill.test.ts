import assert from 'node:assert/strict';
import { it } from 'node:test';
import { QUICK, stateOf, world } from './world.ts';

const file = (command: string) => ({
  'islet.yaml': 'system: one\ngateway: { port: 28085 }\n',
  'services/orders/service.yaml': `run: { command: ${command} }\ndatabase: sqlite\n${QUICK.replace('{ ', '{ requires: [drill], ')}`,
});

it('a rollout that requires a drill waits while the last one has failed, says so, and goes on when one passes', async (t) => {
  const w = world(t, file('serve'));
  assert.equal(stateOf(await w.up(), 'orders'), 'ready', 'nothing is asked of a first revision');
  const { decisions } = w.system.parts.state;
  const drilled = (problems: readonly string[]) => {
    const at = Date.now();
    const drill = { startedAt: at, finishedAt: at, copy: 'c', rtoMs: 1, rpoMs: 1, problems };
    decisions.record({ kind: 'drilled', service: 'orders', drill }, at);
  };
  drilled(['a piece is missing']);
  const before = w.pids();
  w.write(file('serve --next'));
  const [held] = (await w.up()).services;
  assert.equal(held?.state, 'blocked');
  assert.match(held.why, /rollout\.requires: .*a piece is missing.*islet drill restore orders/);
  assert.match(held.why, /revision \w+ serves/);
  assert.deepEqual(w.pids(), before, 'what served goes on');
  const explained = await w.api.rollout({
    params: { service: 'orders' },
    query: {},
    body: undefined,
    signal: new AbortController().signal,
  });
  assert.match(JSON.stringify(explained), /a piece is missing/);
  drilled([]);
  w.system.reconciler.poke();
  await w.until(({ services: [orders] }) => orders?.state === 'ready' && orders.revision === orders.wanted);
  assert.notDeepEqual(w.pids(), before);
});
