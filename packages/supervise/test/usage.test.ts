import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readStat } from '../src/proc.ts';
import { pidOf, until, World } from './support/world.ts';

test('usage counts the whole tree, and only while it runs', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('busy', 'sh -c "while :; do :; done" & exec sleep 1000'));
  const used = () => supervisor.usage().get('busy');
  await until(() => (used()?.cpuMs ?? 0) > 50, 'a child uses CPU');
  assert.ok((used()?.memoryBytes ?? 0) > 100_000);
  await supervisor.stop('busy', { graceMs: 0 });
  assert.equal(used(), undefined);
});

test('a suspended tree stands still until it is let go on', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('still', 'exec sleep 1000'));
  const state = () => readStat(pidOf(supervisor, 'still'))?.state;
  supervisor.suspend('still', true);
  await until(() => state() === 'T', 'it stands still');
  supervisor.suspend('still', false);
  await until(() => state() === 'S', 'it goes on');
});
