import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { DriverError } from '@islet/driver';
import { listInputs } from '../src/input-files.ts';
import { PATH, World } from './support/world.ts';

function git(folder: string, ...args: string[]): void {
  const env = { PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['-C', folder, '-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { env, stdio: 'ignore' });
}

async function paths(folder: string, inputs: readonly string[] = [folder], except: readonly string[] = []) {
  const { files } = await listInputs({ folder, inputs, except });
  return files.map(({ path }) => path);
}

const refused = (error: unknown) => error instanceof DriverError && error.code === 'refused';

test('in a work tree: tracked and untracked files, without ignored and deleted ones', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', {
    'tracked.ts': '',
    'deleted.ts': '',
    'sub/.gitignore': '*.log\n',
    'sub/x.log': '',
    'sub/y.ts': '',
    'odd name\n.ts': '',
  });
  world.source('.', { '.gitignore': 'dist/\nnode_modules/\n' });
  git(world.path('source'), 'init', '-q');
  git(world.path('source'), 'add', '-A');
  git(world.path('source'), 'commit', '-qm', 'x');
  world.source('a', { 'untracked.ts': '', 'dist/out.js': '', 'node_modules/x/index.js': '' });
  rmSync(`${folder}/deleted.ts`);
  assert.deepEqual(await paths(folder), [
    'keep.txt',
    'odd name\n.ts',
    'sub/.gitignore',
    'sub/y.ts',
    'tracked.ts',
    'untracked.ts',
  ]);
});

test('a folder that the repository above it ignores is taken as it is', async (t) => {
  const world = await World.open(t);
  world.source('.', { '.gitignore': 'a/\n' });
  git(world.path('source'), 'init', '-q');
  assert.deepEqual(await paths(world.source('a')), ['keep.txt']);
});

test('a repository within a repository is taken with its own rules', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { 'inner/b.ts': '', 'inner/.gitignore': 'c.ts\n', 'inner/c.ts': '' });
  git(folder, 'init', '-q');
  git(`${folder}/inner`, 'init', '-q');
  assert.deepEqual(await paths(folder), ['inner/.gitignore', 'inner/b.ts', 'keep.txt']);
});

test('outside of a work tree: what .gitignore names, and what is never a source, is no part', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', {
    '.gitignore': 'build/\n*.log\n',
    'build/classes/App.class': '',
    'node_modules/x.js': '',
    'src/.gitignore': 'made.ts\n',
    'src/a.ts': '',
    'src/made.ts': '',
    'src/x.log': '',
  });
  assert.deepEqual(await paths(folder), ['.gitignore', 'keep.txt', 'src/.gitignore', 'src/a.ts']);
});

test('without git: all but what is never a source', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', {
    'dist/x.js': '',
    'node_modules/x.js': '',
    '__pycache__/x.pyc': '',
    'src/a.py': '',
  });
  assert.deepEqual(await paths(folder), ['dist/x.js', 'keep.txt', 'src/a.py']);
});

test("Islet's own folders are never part of a revision", async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { '.islet/control.db': '', 'state/key': '' });
  git(folder, 'init', '-q');
  assert.deepEqual(await paths(folder, [folder], [`${folder}/state`]), ['keep.txt']);
});

test('inputs keep their places relative to each other', async (t) => {
  const world = await World.open(t);
  const folder = world.source('services/a');
  const proto = world.source('proto', { 'a.proto': '' });
  const file = `${world.source('other', { 'one.txt': '', 'two.txt': '' })}/one.txt`;
  const { home } = await listInputs({ folder, inputs: [folder, proto, file], except: [] });
  assert.equal(home, 'services/a');
  const expected = ['other/one.txt', 'proto/a.proto', 'proto/keep.txt', 'services/a/keep.txt'];
  assert.deepEqual(await paths(folder, [folder, proto, file]), expected);
});

test('an input that is missing is named', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a');
  await assert.rejects(paths(folder, [folder, world.path('source/none')]), /source\/none does not exist/);
});

for (const [what, target, fine] of [
  ['to a file beside it', 'keep.txt', true],
  ['to nowhere, inside', 'not-yet', true],
  ['out by the way up', '../../secret', false],
  ['by an absolute path', '/etc/passwd', false],
  ['through another link', 'up/secret', false],
] as const) {
  test(`a link ${what} is ${fine ? 'kept' : 'refused'}`, async (t) => {
    const world = await World.open(t);
    writeFileSync(world.path('secret'), '');
    const folder = world.source('a', { 'deep/x.ts': '' });
    if (what === 'through another link') symlinkSync('../..', `${folder}/up`);
    symlinkSync(target, `${folder}/link`);
    if (fine) assert.ok((await paths(folder)).includes('link'));
    else await assert.rejects(paths(folder), refused);
  });
}

test('what is neither file nor link is left out', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a');
  execFileSync('mkfifo', [`${folder}/pipe`]);
  mkdirSync(`${folder}/empty`);
  assert.deepEqual(await paths(folder), ['keep.txt']);
});

test('the key changes with each thing that a revision is made of, and with nothing else', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { 'main.sh': 'echo 1\n' });
  const apart = [`${folder}/service.yaml`];
  const request = { folder, inputs: [folder], apart, build: 'sh main.sh', run: 'sh main.sh', path: PATH };
  const key = (change: Partial<typeof request> = {}) => world.driver.inputsKey({ ...request, ...change });
  const first = await key();
  assert.match(first, /^[0-9a-f]{64}$/);
  assert.equal(await key(), first);
  const seen = new Set([first]);
  const differs = async (what: string, change: Partial<typeof request> = {}) => {
    const now = await key(change);
    assert.ok(!seen.has(now), `${what} makes another key`);
    seen.add(now);
  };

  await differs('another build command', { build: 'sh main.sh 2' });
  await differs('another tool', { build: 'node main.sh' });
  writeFileSync(`${folder}/main.sh`, 'echo 2\n');
  await differs('another byte in a file of the same size');
  chmodSync(`${folder}/main.sh`, 0o755);
  await differs('an executable bit');
  symlinkSync('main.sh', `${folder}/link`);
  await differs('a link');
  rmSync(`${folder}/keep.txt`);
  await differs('a file less');

  const before = await key();
  writeFileSync(`${folder}/service.yaml`, 'name: a\n');
  assert.equal(await key(), before, 'a file whose meaning counts elsewhere');
  chmodSync(`${folder}/main.sh`, 0o700);
  utimesSync(`${folder}/main.sh`, 1, 1);
  assert.equal(await key(), before, 'times and the permissions of others make no other key');
  assert.ok(statSync(`${folder}/main.sh`).mtimeMs < 2_000);
});

test('a write that keeps size and times is noticed', async (t) => {
  const world = await World.open(t);
  const folder = world.source('a', { 'data.txt': 'one' });
  const key = () =>
    world.driver.inputsKey({ folder, inputs: [folder], apart: [], build: undefined, run: 'cat data.txt', path: PATH });
  utimesSync(`${folder}/data.txt`, 1, 1);
  const before = await key();
  writeFileSync(`${folder}/data.txt`, 'two');
  utimesSync(`${folder}/data.txt`, 1, 1);
  assert.notEqual(await key(), before);
});
