import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openCgroups } from '../src/cgroup.ts';
import { isAlive, readStat } from '../src/proc.ts';
import { pidOf, stateOf, until, untilExited, World } from './support/world.ts';

const { memory } = openCgroups('probe');
const skip = memory.kind === 'none' && memory.reason;
const HOARD = 'const all = []; for (;;) all.push(Buffer.alloc(1_000_000, 1));';

test('too much memory ends the culprit alone, and is named as the cause', { skip }, async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const limits = { cpu: undefined, memoryBytes: 96 * 1024 * 1024 };
  await supervisor.start(world.spec('modest', 'exec sleep 1000', { limits }));
  await supervisor.start(world.spec('hoarder', '', { argv: [process.execPath, '-e', HOARD], limits }));
  assert.equal(await untilExited(supervisor, 'hoarder'), 'out of memory');
  assert.equal(stateOf(supervisor, 'modest').kind, 'running');
});

test('an adopter, too, knows that memory was the cause', { skip }, async (t) => {
  const world = new World(t);
  const first = await world.open();
  const limits = { cpu: undefined, memoryBytes: 96 * 1024 * 1024 };
  const script = `until test -e go; do sleep 0.01; done; exec '${process.execPath}' -e '${HOARD}'`;
  await first.start(world.spec('hoarder', script, { limits }));
  const pid = pidOf(first, 'hoarder');
  await world.close(first);
  writeFileSync(world.path('go'), '');
  await until(() => !isAlive(readStat(pid)), 'it is dead');
  const second = await world.open();
  assert.equal(await untilExited(second, 'hoarder'), 'out of memory');
});

test('every guarantee that is not held comes with its reason', async (t) => {
  const supervisor = await new World(t).open();
  const names = supervisor.guarantees().map(({ name }) => name);
  assert.deepEqual(names, ['whole tree is ended', 'memory limits', 'cpu limits', 'isolation between services']);
  for (const { held, reason } of supervisor.guarantees()) assert.equal(reason === undefined, held);
});
