import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { tail } from '../src/tail.ts';
import { removeTree } from '../src/tree-tools.ts';
import { PATH, until, World } from './support/world.ts';

const ROOT = process.getuid?.() === 0;
const BUILD_IN_CHILD = fileURLToPath(new URL('./support/build-in-child.ts', import.meta.url));

const leftovers = (world: World) => readdirSync(world.path('runtime/services/a/staging'));

function alive(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid.trim()}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

test('a build that fails tells its last lines, and leaves no staging', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const outcome = await world.build({ service: 'a', command: 'seq 1 100; echo broken >&2; exit 4' });
  assert.equal(outcome.kind, 'failed');
  if (outcome.kind !== 'failed') return;
  assert.equal(outcome.reason, 'the build command ended with exit 4');
  assert.deepEqual(outcome.log.slice(-2), ['100', 'broken']);
  assert.equal(outcome.log.length, 40);
  assert.deepEqual(leftovers(world), []);
});

test('a build that hangs ends at its deadline, with all that it started', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const command = `setsid sleep 1000 & echo $! >'${world.path('pid')}' || echo $!; sleep 1000`;
  const outcome = await world.build({ service: 'a', command, deadlineMs: 200 });
  assert.equal(outcome.kind === 'failed' && outcome.reason, 'the build took longer than 0.2 s');
  assert.deepEqual([...world.supervisor.observe().keys()], []);
  assert.deepEqual(leftovers(world), []);
});

test('a daemon that a build leaves behind does not outlive it', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const command = 'setsid sh -c "echo \\$\\$ >pid; exec sleep 1000" & until test -s pid; do sleep 0.01; done';
  assert.deepEqual(await world.build({ service: 'a', command }), { kind: 'built' });
  const pid = readFileSync(`${await world.driver.folder({ service: 'a', revision: 'r1' })}/pid`, 'utf8');
  assert.ok(!alive(pid));
});

test('a build that puts a link in the place of its folder makes no revision', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const command = 'cd .. && mv a elsewhere && ln -s /etc a';
  const inputs = [world.path('source/a'), world.source('proto')];
  await assert.rejects(world.build({ service: 'a', inputs, command }), { code: 'refused', message: /folder away/ });
  assert.deepEqual(leftovers(world), []);
});

test('a call that is taken back ends its build', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const off = new AbortController();
  const building = world.build({ service: 'a', command: 'sleep 1000' }, off.signal);
  await until(() => world.supervisor.observe().size === 1, 'it builds');
  off.abort();
  await assert.rejects(building, /called off/);
  assert.equal(world.supervisor.observe().size, 0);
});

test('a build whose control plane is killed is ended by the next one, and built again', async (t) => {
  const world = await World.open(t);
  world.source('a');
  await world.driver.close();
  await world.supervisor.close();
  const { state, runtime } = world.layout;
  const args = [BUILD_IN_CHILD, state, runtime, world.system, world.path('source/a'), world.path('pid')];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const log = world.path('state/logs/services/a/build-r1.log');
  await until(async () => (await tail(log, 1)).length === 1, 'it builds');
  const [pid = ''] = await tail(log, 1);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.ok(alive(pid));
  await world.reopen();
  assert.ok(!alive(pid));
  assert.deepEqual(leftovers(world), []);
  assert.deepEqual(await world.build({ service: 'a', command: 'echo done >out' }), { kind: 'built' });
});

test('asking twice at once builds once', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const ask = () => world.build({ service: 'a', command: 'echo built' });
  assert.deepEqual(await Promise.all([ask(), ask()]), [{ kind: 'built' }, { kind: 'built' }]);
  assert.equal(readFileSync(world.path('state/logs/services/a/build-r1.log'), 'utf8'), 'built\n');
});

test('what one build caches is there for the next, and its temporary files are not', async (t) => {
  const world = await World.open(t);
  world.source('a');
  const first = 'echo x >$npm_config_cache.probe; echo x >$TMPDIR/probe; echo x >$HOME/probe';
  assert.deepEqual(await world.build({ service: 'a', command: first }), { kind: 'built' });
  const second = 'test -e $npm_config_cache.probe && test ! -e $TMPDIR/probe && test -e $HOME/probe';
  assert.deepEqual(await world.build({ service: 'a', revision: 'r2', command: second }), { kind: 'built' });
});

test('a revision can not be changed by its service', async (t) => {
  const world = await World.open(t);
  world.source('a', { 'src/main.sh': 'echo' });
  await world.build({ service: 'a', command: 'mkdir -m 777 open; echo x >open/file; chmod 666 open/file' });
  const attempts = ['src/main.sh', 'src/new', 'open/file', 'open/new'].map((file) => `echo x >${file}`);
  const output = await world.output(
    'a',
    `${attempts.join('; ')}; rm -f src/main.sh; test -e src/main.sh && echo intact`,
  );
  assert.match(output, /intact$/);
  assert.equal(
    readFileSync(`${await world.driver.folder({ service: 'a', revision: 'r1' })}/src/main.sh`, 'utf8'),
    'echo',
  );
});

test('the copy keeps bytes, links and executable bits', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { 'bin/tool': '#!/bin/sh\necho tool\n', 'data.bin': '\0é\n' });
  chmodSync(`${folder}/bin/tool`, 0o700);
  symlinkSync('bin/tool', `${folder}/link`);
  await world.build({ service: 'a' });
  assert.equal(await world.output('a', './link; od -An -c data.bin | tr -d " "'), 'tool\n\\0303251\\n');
});

test('in place: nothing is copied, and the build works in the folder itself', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a');
  assert.deepEqual(await world.build({ service: 'a', command: 'echo here >out', inPlace: true }), { kind: 'built' });
  assert.equal(readFileSync(`${folder}/out`, 'utf8'), 'here\n');
  assert.equal(await world.driver.folder({ service: 'a', revision: 'r1' }), folder);
  assert.equal(await world.output('a', 'pwd; id -u'), `${folder}\n${process.getuid?.()}`);
});

test(
  'as root, another service can read neither revision, instance folder, cache nor log',
  { skip: !ROOT && 'not root: all services run as one user' },
  async (t) => {
    const world = await World.open(t);
    for (const service of ['a', 'thief']) {
      world.source(service, { 'secret.txt': 'swordfish' });
      await world.build({ service, command: service === 'a' ? 'echo swordfish >$HOME/cached' : 'rm secret.txt' });
    }
    const own = 'echo swordfish >mine; echo swordfish >$HOME/mine; echo swordfish; exec sleep 1000';
    await world.start('a', own, { env: { PATH: '/usr/bin:/bin', TOKEN: 'swordfish' } });
    const log = world.path('state/logs/services/a/a-r1.0-0.log');
    await until(() => readFileSync(log, 'utf8') !== '', 'the victim is up');
    const victim = world.path('runtime/services/a');
    const loot = await world.output(
      'thief',
      `id -un; cat ${victim}/*/*/* ${log} /proc/[0-9]*/environ; grep -r swordfish ${victim} ${world.path('state')}; ls ${victim}`,
    );
    assert.match(loot, /^islet-thief-/);
    assert.ok(!loot.includes('swordfish'), loot);
  },
);

test(
  'as root, a service can not make root follow its links',
  { skip: !ROOT && 'not root: there is one user only' },
  async (t) => {
    const world = await World.open(t);
    world.source('services/a');
    const folder = world.path('source/services/a');
    await world.build({ service: 'a', folder, inputs: [folder, world.source('proto')] });
    const trap = world.source('trap', { precious: 'x' });
    const before = statSync(trap);
    const swap = (path: string) => `rm -rf ${path}; mv ${path} ${path}.old; ln -s ${trap} ${path}`;
    await world.output('a', `${['$HOME', '$TMPDIR', '$PWD', '$PWD/..'].map(swap).join('; ')}; ln -s ${trap} sub`);
    await world.output('a', 'true');
    const { uid, mode } = statSync(trap);
    assert.deepEqual([uid, mode], [before.uid, before.mode]);
    await world.driver.stop({ instance: 'a-r1.0-0', graceMs: 0 }, { signal: AbortSignal.timeout(60_000) });
    assert.ok(existsSync(`${trap}/precious`));
  },
);

test('a tree without write permission can be removed', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { 'x/y': '' });
  chmodSync(`${folder}/x`, 0o500);
  await removeTree(folder);
  assert.ok(!existsSync(folder));
});

test('a revision whose files changed after it was named is not built, so that no other bytes bear its name', async (t) => {
  const world = await World.open(t);
  world.source('a', { 'main.txt': 'as asked' });
  const by = {
    folder: world.path('source/a'),
    inputs: [world.path('source/a')],
    apart: [],
    build: undefined,
    run: 'true',
    path: PATH,
  };
  const key = await world.driver.inputsKey(by);
  assert.deepEqual(await world.build({ service: 'a', named: { key, by } }), { kind: 'built' });
  world.source('a', { 'main.txt': 'edited since' });
  const outcome = await world.build({ service: 'a', revision: 'r2', named: { key, by } });
  assert.equal(outcome.kind, 'failed');
});
