import assert from 'node:assert/strict';
import { existsSync, mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { unifiedHierarchy } from '../src/mounts.ts';
import { isAlive, readStat } from '../src/proc.ts';
import { treeOf } from '../src/tree.ts';
import { pidOf, stateOf, until, untilExited, World } from './support/world.ts';

/** Ways in which a process leaves its parent, as scripts that note the pid of what they leave. */
const FORKS = {
  'a child': 'sleep 1000 & echo $! >>pids',
  'a child that was forked twice': '(sleep 1000 & echo $! >>pids) &',
  'a grandchild in a session of its own': `setsid sh -c 'echo $$ >>pids; exec sleep 1000' &`,
  'a daemon': `(setsid sh -c '(echo $$ >>pids; exec sleep 1000) & echo $! >>pids' &)`,
  'a child that ignores SIGTERM': `sh -c 'trap "" TERM; echo $$ >>pids; while :; do sleep 0.05; done' &`,
  'a child that is stopped': `sh -c 'echo $$ >>pids; kill -STOP $$; sleep 1000' &`,
} as const;

for (const [what, fork] of Object.entries(FORKS)) {
  test(`stop ends ${what} too`, async (t) => {
    const world = new World(t);
    const supervisor = await world.open();
    await supervisor.start(world.spec('tree', `${fork}\nexec sleep 1000`));
    await until(() => world.alive('pids').length >= 1, 'it forked');
    await supervisor.stop('tree', { graceMs: 100 });
    assert.deepEqual(world.alive('pids'), []);
  });

  test(`the death of the main process ends ${what} before it counts as exited`, async (t) => {
    const world = new World(t);
    const supervisor = await world.open();
    await supervisor.start(world.spec('tree', `${fork}\nexec sleep 1000`));
    await until(() => world.alive('pids').length >= 1, 'it forked');
    process.kill(pidOf(supervisor, 'tree'), 'SIGKILL');
    assert.equal(await untilExited(supervisor, 'tree'), 'SIGKILL');
    assert.deepEqual(world.alive('pids'), []);
  });
}

test('the death of the shim counts as death, and ends the tree', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('orphan', 'echo $$ >>pids; setsid sleep 1000 & echo $! >>pids; exec sleep 1000'));
  await until(() => world.alive('pids').length === 2, 'it is up');
  const shim = readStat(pidOf(supervisor, 'orphan'))!.parent;
  assert.notEqual(shim, process.pid);
  process.kill(shim, 'SIGKILL');
  assert.equal(await untilExited(supervisor, 'orphan'), 'SIGKILL');
  assert.deepEqual(world.alive('pids'), []);
});

test('a tree may take its whole grace after the main process is gone', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const worker = `sh -c 'trap "sleep 0.2; echo done >worker; exit 0" TERM; echo $$ >>pids; while :; do sleep 0.01; done' &`;
  await supervisor.start(world.spec('graceful', `${worker}\nexec sleep 1000`));
  await until(() => world.alive('pids').length === 1, 'it is up');
  await supervisor.stop('graceful', { graceMs: 10_000 });
  assert.equal(world.read('worker'), 'done\n');
  assert.equal(await untilExited(supervisor, 'graceful'), 'SIGTERM');
});

test('a process that ignores SIGTERM is killed when its grace is over', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('stubborn', 'trap "" TERM; echo $$ >>pids; while :; do sleep 0.01; done'));
  await until(() => world.alive('pids').length === 1, 'it is up');
  await supervisor.stop('stubborn', { graceMs: 50 });
  assert.equal(await untilExited(supervisor, 'stubborn'), 'SIGKILL');
  assert.deepEqual(world.alive('pids'), []);
});

test('stops at the same time share one effort, and the shortest grace holds', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(
    world.spec('stubborn', 'trap "echo term >>terms" TERM; echo $$ >>pids; while :; do sleep 0.01; done'),
  );
  await until(() => world.alive('pids').length === 1, 'it is up');
  const patient = supervisor.stop('stubborn', { graceMs: 3_600_000 });
  await until(() => world.read('terms') !== '', 'it heard SIGTERM');
  await Promise.all([patient, supervisor.stop('stubborn', { graceMs: 0 })]);
  assert.equal(world.read('terms'), 'term\n');
  assert.equal(stateOf(supervisor, 'stubborn').kind, 'exited');
});

test('a named signal goes to the main process alone', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const child = `sh -c 'trap "echo child >>heard" INT; echo $$ >>pids; while :; do sleep 0.01; done' &`;
  const main = 'trap "echo main >>heard; exit 0" INT; echo up >up; while :; do sleep 0.01; done';
  await supervisor.start(world.spec('main', `${child}\n${main}`));
  await until(() => world.alive('pids').length === 1 && world.read('up') !== '', 'it is up');
  await supervisor.stop('main', { graceMs: 200, signal: 'SIGINT' });
  assert.equal(world.read('heard'), 'main\n');
  assert.deepEqual(world.alive('pids'), []);
});

test('leaves a process of another slot alone', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  for (const name of ['one', 'two']) await supervisor.start(world.spec(name, `echo $$ >>${name}; exec sleep 1000`));
  await until(() => world.alive('one').length + world.alive('two').length === 2, 'both run');
  await supervisor.stop('one', { graceMs: 1_000 });
  assert.ok(isAlive(readStat(pidOf(supervisor, 'two'))));
});

const unified = unifiedHierarchy();

test('leaves nothing in the cgroup file system', { skip: unified === undefined && 'there is none' }, async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('one', 'exec sleep 1000'));
  await supervisor.stop('one', { graceMs: 1_000 });
  await supervisor.forget('one');
  for (const at of [unified!.root, unified!.own]) assert.ok(!existsSync(`${at}/islet-${world.system}`));
});

test('a group that can not be looked at is not taken for empty, and one that is gone is', (t) => {
  const world = new World(t);
  mkdirSync(world.path('group/cgroup.events'), { recursive: true });
  assert.equal(treeOf({ group: world.path('group'), marker: 'x' }).isEmpty(), false);
  assert.equal(treeOf({ group: world.path('none'), marker: 'x' }).isEmpty(), true);
});
