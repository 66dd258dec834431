import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { rotateLog } from '@islet/supervise';
import { follow } from '../src/follow.ts';
import { tail } from '../src/tail.ts';
import { PATH, until, World } from './support/world.ts';

const patience = () => ({ signal: AbortSignal.timeout(60_000) });

test("an instance's environment is what it was given and where it is at home, and nothing of Islet's", async (t) => {
  process.env.ISLET_LEAK = 'leak';
  t.after(() => delete process.env.ISLET_LEAK);
  const world = await World.open(t);
  world.source('a');
  await world.build({ service: 'a' });
  await world.start('a', `${process.execPath} -e 'console.log(JSON.stringify(process.env))'`, {
    env: { PATH, PORT: '1' },
  });
  const log = world.path('state/logs/services/a/a-r1.0-0.log');
  await until(async () => (await tail(log, 1)).length === 1, 'it wrote');
  const { OLDPWD, SHLVL, _, ...env } = JSON.parse((await tail(log, 1))[0]!);
  const names = ['HOME', 'ISLET_SLOT', 'LANG', 'LOGNAME', 'PATH', 'PORT', 'PWD', 'TMPDIR', 'USER'];
  assert.deepEqual(Object.keys(env).sort(), names);
  const home = world.path('runtime/services/a/instances/a-r1.0-0');
  assert.deepEqual([env.HOME, env.TMPDIR, env.PWD], [`${home}/home`, `${home}/tmp`, `${home}/work`]);
  assert.equal(statSync(env.HOME).mode & 0o777, 0o700);
  assert.equal(statSync(log).mode & 0o777, 0o600);
});

test('relative paths mean in an instance what they mean in the work tree', async (t) => {
  const world = await World.open(t);
  const folder = world.source('services/a', { 'src/x.txt': 'mine' });
  const inputs = [folder, world.source('proto', { 'a.proto': 'shared' })];
  await world.build({ service: 'a', folder, inputs, command: 'cat ../../proto/a.proto >built' });
  assert.equal(
    await world.output('a', 'cat src/x.txt ../../proto/a.proto built; echo x >new && echo .'),
    'minesharedshared.',
  );
});

test('what an instance wrote is there after its restart, and not for another instance', async (t) => {
  const world = await World.open(t);
  world.source('a');
  await world.build({ service: 'a' });
  const command = 'test -e mine && echo again; echo x >mine; test -e $TMPDIR/x && echo stale; echo x >$TMPDIR/x';
  assert.equal(await world.output('a', command), '');
  assert.equal(await world.output('a', command), 'again');
  await world.start('a', `${command}; echo end`, { instance: 'a-r1.0-1', index: 1 });
  const log = world.path('state/logs/services/a/a-r1.0-1.log');
  await until(async () => (await tail(log, 1)).includes('end'), 'it wrote');
  assert.deepEqual(await tail(log, 10), ['end']);
});

test('a command can be run where an instance runs, as its user', async (t) => {
  const world = await World.open(t);
  world.source('a');
  await world.build({ service: 'a' });
  await assert.rejects(world.driver.commandFor({ service: 'a' }), /has no instance/);
  await world.start('a', 'echo x >mine; id -u; exec sleep 1000');
  const log = world.path('state/logs/services/a/a-r1.0-0.log');
  await until(async () => (await tail(log, 1)).length === 1, 'it is up');
  const { argv, cwd, env } = await world.driver.commandFor({ service: 'a' });
  const [program = '', ...args] = [...argv, '/bin/sh', '-c', 'id -u; cat mine; touch $HOME/x'];
  const output = execFileSync(program, args, { cwd, env: { ...env, PATH }, encoding: 'utf8' });
  assert.equal(output, `${(await tail(log, 1))[0]}\nx\n`);
});

test('purge leaves nothing but what the store keeps', async (t) => {
  const world = await World.open(t);
  world.source('a');
  await world.build({ service: 'a', command: 'true' });
  await world.start('a', 'true');
  await until(() => world.supervisor.observe().get('a-r1.0-0')?.kind === 'exited', 'it ends');
  await world.driver.purge({ service: 'a' }, patience());
  assert.deepEqual(readdirSync(world.path('runtime/services')), []);
  assert.ok(!existsSync(world.path('state/logs/services/a')));
  assert.equal(world.supervisor.observe().size, 0);
});

test('an instance whose record a power cut left empty is dropped, and can be started', async (t) => {
  const world = await World.open(t);
  world.source('a');
  await world.build({ service: 'a' });
  await world.start('a', 'true');
  await until(() => world.supervisor.observe().get('a-r1.0-0')?.kind === 'exited', 'it ends');
  writeFileSync(world.path('runtime/services/a/instances/a-r1.0-0.json'), '');
  await world.reopen();
  assert.deepEqual((await world.driver.observe()).services.a?.instances, []);
  assert.equal(await world.output('a', 'echo up'), 'up');
});

test('the end of a log is read through its rotated files', async (t) => {
  const world = await World.open(t);
  const log = world.path('x.log');
  assert.deepEqual(await tail(log, 3), []);
  for (let line = 0; line < 3_000; line++) appendFileSync(log, `line ${line}\n`);
  assert.ok(await rotateLog(log, { maxBytes: 1_000, keep: 5 }));
  appendFileSync(log, 'line 3000\nunfinished');
  const expected = [...Array.from({ length: 2_001 }, (_, index) => `line ${index + 1_000}`), 'unfinished'];
  assert.deepEqual(await tail(log, 2_002), expected);
  assert.deepEqual(await tail(log, 1), ['unfinished']);
});

test('a log is followed through its rotation and its truncation', async (t) => {
  const world = await World.open(t);
  const log = world.path('x.log');
  writeFileSync(log, 'before\n');
  const off = new AbortController();
  t.after(() => off.abort());
  const lines = follow(log, AbortSignal.any([off.signal, AbortSignal.timeout(60_000)]));
  const next = async (count: number) => {
    const seen = [];
    while (seen.length < count) seen.push((await lines.next()).value);
    return seen;
  };
  const coming = next(1);
  // Nobody tells when the first look has happened: write until one line comes through.
  let came = false;
  void coming.finally(() => {
    came = true;
  });
  await until(() => {
    appendFileSync(log, 'tick\n');
    return came;
  }, 'it follows');
  assert.deepEqual(await coming, ['tick']);
  appendFileSync(log, `mark\n${'x'.repeat(10_000)}\n`);
  while ((await lines.next()).value !== 'mark');
  assert.ok(await rotateLog(log, { maxBytes: 1_000, keep: 5 }));
  appendFileSync(log, 'after rotation\n');
  assert.deepEqual(await next(2), ['x'.repeat(10_000), 'after rotation']);
  truncateSync(log, 0);
  const rest = next(1);
  appendFileSync(log, 'begun anew\n');
  assert.deepEqual(await rest, ['begun anew']);
});
