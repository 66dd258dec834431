import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { FAILPOINTS } from '../src/failpoint.ts';
import { pidOf, until, World } from './support/world.ts';

const LIFETIME = fileURLToPath(new URL('./support/lifetime.ts', import.meta.url));
const INSTANTS = Number(process.env.ISLET_TEST_INSTANTS ?? 20);

for (const failpoint of FAILPOINTS) {
  test(`killed at "${failpoint}", the next supervisor finds nothing or exactly one, and can go on`, async (t) => {
    const world = new World(t);
    const { signal } = await live(world, 'once', { ISLET_FAILPOINT: failpoint });
    assert.equal(signal, 'SIGKILL', 'the failpoint was reached');
    await checkAndGoOn(world);
  });
}

test(`killed at any of ${INSTANTS} instants, the next supervisor finds nothing or exactly one`, async (t) => {
  const seed = Number(process.env.ISLET_TEST_SEED ?? Date.now() % 1_000_000);
  t.diagnostic(`ISLET_TEST_SEED=${seed}`);
  const random = dice(seed);
  const world = new World(t);
  for (let round = 0; round < INSTANTS; round++) {
    await live(world, 'forever', {}, () => pause(random() * 80));
    await checkAndGoOn(world);
  }
});

/** Runs a supervisor of its own, which ends by itself or is killed when `until` says so. */
async function live(world: World, times: string, env: Record<string, string>, when?: () => Promise<void>) {
  mkdirSync(world.path('processes'), { recursive: true });
  const child = spawn(process.execPath, [LIFETIME, world.path('processes'), world.system, world.folder, times], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  await Promise.race([once(child.stdout, 'data'), exited]);
  if (when !== undefined) {
    await when();
    child.kill('SIGKILL');
  }
  const [code, signal] = await exited;
  return { code, signal };
}

/** What is observed is what runs; one start more makes exactly one; a stop leaves none. */
async function checkAndGoOn(world: World): Promise<void> {
  const supervisor = await world.open();
  for (const name of ['one', 'two']) {
    const pids = `${name}.pids`;
    const found = supervisor.observe().get(name);
    if (found?.kind === 'running') {
      await until(() => world.alive(pids).length === 1, 'the adopted process runs');
      assert.deepEqual(world.alive(pids), [found.pid]);
    } else {
      assert.deepEqual(world.alive(pids), [], 'nothing runs that is not observed');
    }
    await supervisor.start(world.spec(name, `echo $$ >>${pids}; exec sleep 1000`));
    await until(() => world.alive(pids).length > 0, 'it runs');
    assert.deepEqual(world.alive(pids), [pidOf(supervisor, name)]);
    if (found?.kind === 'running') assert.equal(pidOf(supervisor, name), found.pid, 'adopted, not doubled');
    await supervisor.stop(name, { graceMs: 5_000 });
    assert.deepEqual(world.alive(pids), []);
    await supervisor.forget(name);
  }
  await world.close(supervisor);
}

/** mulberry32 */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
