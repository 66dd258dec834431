import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { DataDriver, StoreReader } from '@islet/driver';
import { keepStore } from '../keep/keep-store.ts';
import { runChild } from './child.ts';
import { openTestVault, orderOf } from './vault.ts';

const SERVICE = 'killed';
const BRANCH = 'branch.killed';
const DEADLINE_MS = 120_000;

/** What the child of `killedRestores` opens again and again, in the same folder. */
export interface RestoringChild {
  readonly root: string;
  readonly driver: DataDriver;
  readonly reader: StoreReader;
}

/**
 * A control plane that restores, and is killed at each of these instants, one process after the other in one folder. Each
 * finds what the one before has left: it is never ready, and goes when it is asked to; the last one ends its restore.
 */
export async function killedRestores(
  program: string,
  { args, failpoints }: { readonly args: readonly string[]; readonly failpoints: readonly string[] },
): Promise<void> {
  for (const failpoint of failpoints) {
    assert.deepEqual(
      await runChild(program, args, { ISLET_FAILPOINT: failpoint }),
      { how: 'SIGKILL', printed: '' },
      failpoint,
    );
  }
  assert.deepEqual(await runChild(program, args, {}), { how: 0, printed: 'restored' });
}

/** In the child. */
export async function restoreInChild({ root, driver, reader }: RestoringChild): Promise<void> {
  const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
  const vault = openTestVault(join(root, 'vault'), SERVICE);
  await driver.provision({ service: SERVICE, url: undefined }, options());
  const source = await driver.backups?.source({ service: SERVICE }, options());
  assert.ok(source);
  const stop = new AbortController();
  const keeper = keepStore(orderOf(SERVICE, source), vault.parts(reader), { signal: stop.signal });
  await vault.until(() => true);
  stop.abort();
  await keeper.ended.catch(() => {});
  const left = (await driver.observe())[BRANCH];
  assert.notEqual(left?.kind, 'ready', 'what was never finished is never ready');
  if (left !== undefined) {
    await assert.rejects(vault.restore(driver, BRANCH, { kind: 'latest' }), { code: 'refused' });
    await driver.stop({ service: BRANCH }, options());
    await driver.purge({ service: BRANCH }, options());
    assert.equal((await driver.observe())[BRANCH], undefined);
  }
  await vault.restore(driver, BRANCH, { kind: 'latest' });
  assert.equal((await driver.observe())[BRANCH]?.kind, 'ready');
  process.stdout.write('restored');
}
