import assert from 'node:assert/strict';
import { readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { isAlive, readStat } from '../src/proc.ts';
import { pidOf, stateOf, until, untilExited, World } from './support/world.ts';

test('a command that does not exist ends with exit 127, and says so in its log', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('none', '', { argv: ['no-such-program'], env: { PATH: '/usr/bin:/bin' } }));
  assert.equal(await untilExited(supervisor, 'none'), 'exit 127');
  assert.match(world.read('logs/none.log'), /no-such-program.*not found/);
});

test('a missing working directory is an error, and leaves no record', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await assert.rejects(supervisor.start(world.spec('lost', 'true', { cwd: '/no/such/folder' })), /does not exist/);
  assert.equal(supervisor.observe().size, 0);
});

for (const [what, change] of [
  ['a name that is a path', { name: '../escape' }],
  ['an environment variable with a dash', { env: { 'A-B': 'x' } }],
  ['an environment value with a NUL', { env: { A: 'x\0y' } }],
  ['an environment variable that the kernel does not take', { env: { A: 'x'.repeat(131_072 - 2) } }],
] as const) {
  test(`${what} is refused`, async (t) => {
    const world = new World(t);
    const supervisor = await world.open();
    await assert.rejects(supervisor.start({ ...world.spec('a', 'true'), ...change }));
    assert.equal(supervisor.observe().size, 0);
  });
}

for (const [script, how] of [
  ['exit 0', 'exit 0'],
  ['exit 3', 'exit 3'],
  ['kill -9 $$', 'SIGKILL'],
  ['kill -TERM $$', 'SIGTERM'],
  ['kill -SEGV $$', 'SIGSEGV'],
] as const) {
  test(`a process that runs \`${script}\` is known to have ended with ${how}`, async (t) => {
    const world = new World(t);
    const supervisor = await world.open();
    await supervisor.start(world.spec('ends', script));
    assert.equal(await untilExited(supervisor, 'ends'), how);
  });
}

test("a process's umask is not that of whoever started Islet", async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await supervisor.start(world.spec('mask', 'umask'));
  await untilExited(supervisor, 'mask');
  assert.equal(world.read('logs/mask.log').trim(), '0022');
});

test('gives the process its environment byte for byte, and nothing of its own but the slot', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const env = { PLAIN: 'x', QUOTED: `it's "$HOME" \`id\` \\ é`, LINES: 'a\nb\n', EMPTY: '', LD_PRELOAD: '' };
  const script = `process.stdout.write(JSON.stringify(process.env))`;
  await supervisor.start(world.spec('env', '', { argv: [process.execPath, '-e', script], env }));
  await untilExited(supervisor, 'env');
  // Some shells add their own bookkeeping.
  const { ISLET_SLOT, PWD, OLDPWD, SHLVL, _, ...given } = JSON.parse(world.read('logs/env.log'));
  assert.deepEqual(given, env);
  assert.equal(ISLET_SLOT, `${world.system}/env`);
});

test('leaves the process no descriptor but stdin, stdout and stderr', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('fds', 'for fd in /proc/$$/fd/[3-9]; do test -e $fd && readlink $fd; done; true'));
  await untilExited(supervisor, 'fds');
  // The shell itself may hold its own script's descriptor at 10 and above.
  assert.equal(world.read('logs/fds.log'), '');
});

test('lets the process hear SIGINT', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('int', 'trap "echo heard; exit 7" INT; echo up; while :; do sleep 0.01; done'));
  await until(() => world.read('logs/int.log').includes('up'), 'it is up');
  await supervisor.stop('int', { graceMs: 10_000, signal: 'SIGINT' });
  assert.equal(await untilExited(supervisor, 'int'), 'exit 7');
});

test('starting what runs starts nothing, and starting what ended starts it again', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const spec = world.spec('again', 'echo $$ >>pids; exec sleep 1000');
  await Promise.all([supervisor.start(spec), supervisor.start(spec), supervisor.start(spec)]);
  await until(() => world.alive('pids').length === 1, 'one runs');
  process.kill(pidOf(supervisor, 'again'), 'SIGKILL');
  await untilExited(supervisor, 'again');
  await supervisor.start(spec);
  await until(() => world.alive('pids').length === 1, 'one runs again');
  assert.equal(world.read('pids').trim().split('\n').length, 2);
});

test('starting what is stopping waits for its end', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const spec = world.spec('slow', 'echo $$ >>pids; trap "sleep 0.1; exit 0" TERM; while :; do sleep 0.01; done');
  await supervisor.start(spec);
  await until(() => world.alive('pids').length === 1, 'it is up');
  const [first] = world.alive('pids');
  const stopped = supervisor.stop('slow', { graceMs: 10_000 });
  await until(() => stateOf(supervisor, 'slow').kind === 'stopping', 'it is stopping');
  await supervisor.start(spec);
  await stopped;
  assert.ok(!isAlive(readStat(first!)));
  assert.equal(stateOf(supervisor, 'slow').kind, 'running');
});

test('refuses to forget what runs, and forgets what ended', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.start(world.spec('kept', 'exec sleep 1000'));
  await assert.rejects(supervisor.forget('kept'), /is running/);
  await supervisor.stop('kept', { graceMs: 1_000 });
  await supervisor.forget('kept');
  await supervisor.forget('kept');
  assert.equal(supervisor.observe().size, 0);
  assert.deepEqual(readdirSync(world.path('processes')), []);
});

test('stopping what has no record, or has ended, does nothing', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  await supervisor.stop('nobody', { graceMs: 0 });
  await supervisor.start(world.spec('ended', 'exit 5'));
  await untilExited(supervisor, 'ended');
  await supervisor.stop('ended', { graceMs: 0 });
  assert.equal(await untilExited(supervisor, 'ended'), 'exit 5');
});

test('an adopter runs on with the same pid, learns of the death, and of a death in between', async (t) => {
  const world = new World(t);
  const first = await world.open();
  await first.start(world.spec('lives', 'exec sleep 1000'));
  await first.start(world.spec('dies', 'exec sleep 1000'));
  const pid = pidOf(first, 'lives');
  const doomed = pidOf(first, 'dies');
  await world.close(first);
  process.kill(doomed, 'SIGKILL');
  await until(() => !isAlive(readStat(doomed)), 'it is dead');
  const second = await world.open();
  assert.equal(pidOf(second, 'lives'), pid);
  assert.equal(await untilExited(second, 'dies'), 'SIGKILL');
  const heard = new Promise((resolve) => second.onExit(resolve));
  process.kill(pid, 'SIGKILL');
  assert.equal(await heard, 'lives');
  assert.equal(await untilExited(second, 'lives'), 'SIGKILL');
});

test('an intent without a process is a process that never started', async (t) => {
  const world = new World(t);
  const first = await world.open();
  await first.start(world.spec('model', 'true'));
  await untilExited(first, 'model');
  const record = JSON.parse(world.read('processes/model/record.json'));
  for (const file of ['pid', 'exit']) writeFileSync(world.path(`processes/model/${file}`), '');
  writeFileSync(world.path('processes/model/record.json'), JSON.stringify({ ...record, ended: undefined }));
  await world.close(first);
  const second = await world.open();
  assert.equal(await untilExited(second, 'model'), 'never started');
});

test('twenty processes start, die and are forgotten at once', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const names = Array.from({ length: 20 }, (_, index) => `p${index}`);
  await Promise.all(names.map((name) => supervisor.start(world.spec(name, 'echo $$ >>pids; exec sleep 1000'))));
  await until(() => world.alive('pids').length === 20, 'all run');
  for (const name of names.slice(0, 10)) process.kill(pidOf(supervisor, name), 'SIGKILL');
  for (const name of names.slice(0, 10)) assert.equal(await untilExited(supervisor, name), 'SIGKILL');
  await Promise.all(names.map((name) => supervisor.stop(name, { graceMs: 1_000 })));
  assert.deepEqual(world.alive('pids'), []);
  await Promise.all(names.map((name) => supervisor.forget(name)));
  assert.equal(supervisor.observe().size, 0);
});

test('a record that a power cut left empty is dropped, and the name can be started', async (t) => {
  const world = new World(t);
  const first = await world.open();
  await first.start(world.spec('cut', 'true'));
  await untilExited(first, 'cut');
  await world.close(first);
  writeFileSync(world.path('processes/cut/record.json'), '');
  const second = await world.open();
  assert.equal(second.observe().size, 0);
  await second.start(world.spec('cut', 'exit 6'));
  assert.equal(await untilExited(second, 'cut'), 'exit 6');
});

test('gives the process the largest environment variable that the kernel takes', async (t) => {
  const world = new World(t);
  const supervisor = await world.open();
  const env = { A: 'x'.repeat(131_072 - 3), PATH: '/usr/bin:/bin' };
  await supervisor.start(world.spec('large', 'exec /bin/sh -c "exit 7"', { env }));
  assert.equal(await untilExited(supervisor, 'large'), 'exit 7');
});
