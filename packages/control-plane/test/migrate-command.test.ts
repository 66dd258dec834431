import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUICK, stateOf, world } from './world.ts';

const withTool = (migrate: string, run = 'serve') => ({
  'islet.yaml': 'system: one\ngateway: { port: 28092 }\n',
  'services/orders/service.yaml': `run: { command: ${run} }\ndatabase: { engine: sqlite, migrate: ${migrate} }\n${QUICK}`,
});
const asked = () => ({
  params: { service: 'orders' },
  query: {},
  body: undefined,
  signal: new AbortController().signal,
});

describe('a service whose database is migrated by a command', () => {
  it('has it run once for each revision, before an instance starts, with the address of its database', async (t) => {
    const w = world(t, withTool('tool deploy'));
    assert.equal(stateOf(await w.up(), 'orders'), 'ready');
    await w.up();
    const [first, ...more] = w.machine.tasks;
    assert.deepEqual(more, []);
    assert.equal(first?.command, 'tool deploy');
    assert.equal(first?.env.DATABASE_URL, (await w.data.connection({ service: 'orders' })).url);
    w.write(withTool('tool deploy', 'serve better'));
    await w.up();
    assert.equal(w.machine.tasks.length, 2);
    assert.notEqual(w.machine.tasks[1]?.revision, first?.revision);
  });

  it('keeps its old revision where the command fails, and says how it ended', async (t) => {
    const w = world(t, withTool('exit 0'));
    await w.up();
    const before = w.pids();
    w.write(withTool('exit 7'));
    const status = await w.up();
    const [orders] = status.services;
    assert.equal(orders?.state, 'failed');
    assert.match(orders?.failure?.reason ?? '', /exit 7: it ended with exit 7/);
    assert.deepEqual(w.pids(), before);
  });

  it('shows the command where the plan of migrations is asked for, and that it is not looked at', async (t) => {
    const w = world(t, withTool('tool deploy'));
    await w.up();
    const preview = await w.api.migrations(asked());
    assert.equal(preview.kind === 'pending' && preview.migrations[0]?.name, 'tool deploy');
    assert.match(preview.kind === 'pending' ? (preview.migrations[0]?.unread ?? '') : '', /own command/);
  });
});
