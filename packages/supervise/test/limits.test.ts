import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeGroups, openCgroups, planGroups, removeGroups } from '../src/cgroup.ts';
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

test('what is in the background is nicer than what serves, and so is all that it starts', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('busy', `sh -c 'nice >nice; sleep 1000' & wait`, { background: true }));
  await supervisor.start(world.spec('serves', 'nice >usual; exec sleep 1000'));
  const read = (file: string) => (existsSync(world.path(file)) ? readFileSync(world.path(file), 'utf8').trim() : '');
  await until(() => read('nice') !== '' && read('usual') !== '', 'both have told');
  assert.equal(Number(read('nice')), Math.min(19, Number(read('usual')) + 10));
});

const { cpu } = openCgroups('probe');

test(
  'where cgroups share out the processor, it has a tenth of what each other has',
  { skip: cpu.kind === 'none' && cpu.reason },
  () => {
    const cgroups = openCgroups('weights');
    const spec = { name: 'busy', limits: { cpu: undefined, memoryBytes: undefined }, background: true };
    const groups = planGroups(cgroups, spec);
    makeGroups(groups, spec);
    const folders = [groups.tree, ...groups.limits].filter((folder) => folder !== undefined);
    const told = folders.flatMap((folder) => ['cpu.weight', 'cpu.shares'].map((file) => join(folder, file)));
    const values = told.filter((file) => existsSync(file)).map((file) => Number(readFileSync(file, 'utf8')));
    assert.ok(removeGroups(groups));
    assert.ok(values.length > 0 && values.every((value) => value === 10 || value === 102), String(values));
  },
);
