import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { FAILPOINTS } from '../src/failpoint.ts';
import type { Supervisor } from '../src/index.ts';
import { legacyHierarchy, unifiedHierarchy } from '../src/mounts.ts';
import { pidOf, until, World } from './support/world.ts';

const LIFETIME = fileURLToPath(new URL('./support/lifetime.ts', import.meta.url));
const cgroupRoots = [unifiedHierarchy(), legacyHierarchy('memory'), legacyHierarchy('cpu')].flatMap((found) =>
  found === undefined ? [] : [found.root, found.own],
);
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
    // One that was being stopped may be adopted in its last moment: what is observed follows what runs.
    await until(
      () => isDeepStrictEqual(world.alive(pids), observed(supervisor, name)),
      'what is observed is what runs',
    );
    await supervisor.start(world.spec(name, `echo $$ >>${pids}; exec sleep 1000`));
    await until(() => world.alive(pids).length > 0, 'it runs');
    assert.deepEqual(world.alive(pids), [pidOf(supervisor, name)], 'adopted or started, not doubled');
    await supervisor.stop(name, { graceMs: 5_000 });
    assert.deepEqual(world.alive(pids), []);
    await supervisor.forget(name);
  }
  await world.close(supervisor);
  assert.deepEqual(readdirSync(world.path('processes')), []);
  for (const at of cgroupRoots) assert.ok(!existsSync(`${at}/islet-${world.system}`), 'no cgroup is left');
}

function observed(supervisor: Supervisor, name: string): readonly number[] {
  const state = supervisor.observe().get(name);
  return state === undefined || state.kind === 'exited' ? [] : [state.pid];
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
