import assert from 'node:assert/strict';
import { mkdirSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { kill, System } from './system.ts';

const BOTH = { 'control-plane': 'live', proxy: 'live' } as const;

test('starts what it keeps', async () => {
  await using system = new System({ programs: BOTH });
  void system.startKeeper();
  await system.living('control-plane');
  await system.living('proxy');
});

for (const program of ['control-plane', 'proxy']) {
  test(`starts ${program} again when it is killed, and leaves the other alone`, async () => {
    await using system = new System({ programs: BOTH });
    void system.startKeeper();
    const other = program === 'proxy' ? 'control-plane' : 'proxy';
    const [killed, kept] = [await system.living(program), await system.living(other)];
    kill(killed);
    await system.living(program, { not: killed });
    assert.equal(await system.pid(other), kept);
    assert.match(
      system.read('logs/keeper.log'),
      new RegExp(`Z ${program} (died|ended with SIGKILL); starting it again\\n`),
    );
  });
}

test('adopts a program that somebody else started', async () => {
  await using system = new System({ programs: { proxy: 'live' } });
  system.startProgram('proxy');
  const adopted = await system.living('proxy');
  const keeper = await system.living('keeper');
  assert.equal(await system.pid('proxy'), adopted);
  kill(adopted);
  await system.living('proxy', { not: adopted });
  assert.equal(await system.pid('keeper'), keeper);
});

for (const program of ['control-plane', 'proxy'] as const) {
  test(`is revived by ${program} alone`, async () => {
    await using system = new System({ programs: { [program]: 'live' } });
    void system.startKeeper();
    const [keeper, kept] = [await system.living('keeper'), await system.living(program)];
    kill(keeper);
    await system.living('keeper', { not: keeper });
    assert.equal(await system.pid(program), kept);
  });
}

test('comes back together with a program that was killed at the same moment', async () => {
  await using system = new System({ programs: BOTH });
  void system.startKeeper();
  const [keeper, proxy] = [await system.living('keeper'), await system.living('proxy')];
  const controlPlane = await system.living('control-plane');
  kill(keeper);
  kill(proxy);
  await system.living('keeper', { not: keeper });
  await system.living('proxy', { not: proxy });
  assert.equal(await system.pid('control-plane'), controlPlane);
});

test('is one, however often it is started', async () => {
  await using system = new System({ programs: { proxy: 'live' } });
  void system.startKeeper();
  const keeper = await system.living('keeper');
  const codes = await Promise.all([system.startKeeper(), system.startKeeper()]);
  assert.deepEqual(codes, [0, 0]);
  assert.equal(await system.pid('keeper'), keeper);
});

test('starts a program that crashes again and again, with growing pauses, and never gives up', async () => {
  await using system = new System({ programs: { proxy: 'crash' } });
  void system.startKeeper();
  await system.until('five starts', () => (system.read('proxy.starts').split('\n').length > 5 ? true : undefined));
  const pauses = [...system.read('logs/keeper.log').matchAll(/proxy ended with exit code 1; starting it again(.*)/g)];
  assert.deepEqual(
    pauses.slice(0, 4).map(([, text]) => text),
    ['', ' in 100 ms', ' in 200 ms', ' in 400 ms'],
  );
});

test('ends when the system goes down, without ending what it keeps', async () => {
  await using system = new System({ programs: { proxy: 'live' } });
  const end = system.startKeeper();
  const proxy = await system.living('proxy');
  system.goDown();
  assert.equal(await end, 0);
  assert.equal(await system.pid('proxy'), proxy);
});

test('ends when its state folder is removed, and does not make it again', async () => {
  await using system = new System({ programs: { proxy: 'live' } });
  const end = system.startKeeper();
  const proxy = await system.living('proxy');
  rmSync(system.state, { recursive: true });
  kill(proxy);
  assert.equal(await end, 0);
  assert.equal(system.read('keeper.json'), '');
  mkdirSync(`${system.state}/run`, { recursive: true });
});

test('keeps a system whose state folder has a path too long for a socket', async () => {
  await using system = new System({ programs: BOTH, below: `${'deep/'.repeat(30)}state with spaces` });
  void system.startKeeper();
  const [proxy, keeper] = [await system.living('proxy'), await system.living('keeper')];
  kill(proxy);
  await system.living('proxy', { not: proxy });
  kill(keeper);
  await system.living('keeper', { not: keeper });
});

test('says what is wrong with its list of programs', async () => {
  await using system = new System({ programs: {} });
  rmSync(`${system.state}/keeper.json`);
  assert.equal(await system.startKeeper(), 1);
});
