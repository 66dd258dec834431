import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Offer } from '@islet/backup';
import { openTestVault, orderOf } from '@islet/backup/testing';
import { serviceUser } from '@islet/supervise';
import { makeWorld, patience, query } from './harness.ts';
import { type Commit, LEDGER, LedgerWriters } from './ledger-writers.ts';

/*
 * Several processes write one ledger in one file, each commit forced to disk before it is acknowledged. Meanwhile the writers, the
 * process that backs the file up, and the one that it reads the log by, are killed at random instants. Then all is restored to
 * random instants: each must hold a beginning of the one history there was, to the transaction, and nothing that was asked for
 * after the instant.
 *
 * SQLite does not say when something was committed. It is known by when it was seen: each piece of the log says up to when it is
 * whole. So an instant holds all that was acknowledged when the last piece before it was whole, and of what came between that and
 * the instant a beginning.
 */
const WRITING_MS = 20_000;
/** However long they take. */
const KILLS = 5;
const RESTORES = Number(process.env.ISLET_RESTORES ?? 20);
const WRITERS = 4;
test('no acknowledged commit is lost, and every instant is restored to a transaction, whatever was killed', async (t) => {
  const service = 'ledger';
  const branch = 'branch.ledger';
  const world = await makeWorld();
  const { driver, system } = world;
  const repository = await mkdtemp(join(tmpdir(), 'islet-ledger-'));
  const uidOf = async (store: string) => (await serviceUser({ system, service: store }))?.uid;
  let keeper: ChildProcess | undefined;
  let writers: LedgerWriters | undefined;
  try {
    await driver.provision({ service, url: undefined }, patience());
    const { path = '' } = await driver.connection({ service });
    await driver.shell?.run({ service, text: LEDGER, write: true }, patience());
    const source = await driver.backups!.source({ service }, patience());
    await writeFile(join(repository, 'order.json'), JSON.stringify(orderOf(service, source)));
    const startKeeper = () => {
      keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-ledger.ts'), repository], { stdio: 'inherit' });
    };
    startKeeper();
    const vault = openTestVault(repository, service);
    await vault.until(() => true);

    writers = new LedgerWriters(path, { uid: await uidOf(service), count: WRITERS });
    const { commits } = writers;
    let kills = 0;
    for (const until = Date.now() + WRITING_MS; Date.now() < until || kills < KILLS; kills++) {
      await pause(300 + Math.random() * 1_500);
      if (kills % 3 === 0) {
        await writers.replace(kills % WRITERS);
        continue;
      }
      const killedAt = Date.now();
      if (kills % 3 === 1) {
        const dead = once(keeper!, 'exit');
        keeper!.kill('SIGKILL');
        await dead;
        startKeeper();
      } else for (const pid of childrenOf(keeper!.pid)) end(pid);
      await vault.until(({ to }) => to > killedAt);
    }
    await writers.stop();
    const lastAt = commits.reduce((latest, { acknowledgedAt }) => Math.max(latest, acknowledgedAt), 0);
    await vault.until(({ to }) => to > lastAt);
    const rate = Math.round((commits.length / WRITING_MS) * 1000);
    t.diagnostic(`${commits.length} acknowledged commits, ${rate} a second, ${kills} kills`);
    assert.ok(commits.length > 100);

    const read = async (store: string) => {
      const file = (await driver.connection({ service: store })).path ?? '';
      const sums = 'SELECT count(*) AS rows, max(id) AS last, sum(sum = id * (id + 1) / 2) AS sound FROM ledger';
      return query(file, sums, await uidOf(store))[0];
    };
    const [first] = await vault.offers();
    assert.ok(first);
    const instants = Array.from({ length: RESTORES }, () =>
      Math.floor(first.from + Math.random() * (lastAt - first.from)),
    );
    for (const at of [...instants, undefined]) {
      await vault.restore(driver, branch, at === undefined ? { kind: 'latest' } : { kind: 'time', at });
      const found = await read(branch);
      const rows = Number(found?.rows);
      const { surely, possibly } = bounds(commits, at, first);
      const what = `restored to ${at === undefined ? 'the end' : new Date(at).toISOString()}: ${JSON.stringify(found)}`;
      // A beginning of the history, without a gap, and every sum is that of all before it.
      assert.equal(Number(found?.last ?? 0), rows, what);
      assert.equal(Number(found?.sound ?? 0), rows, what);
      assert.ok(rows >= surely && rows < possibly, `${what}; at least ${surely}, less than ${possibly}`);
      await driver.stop({ service: branch }, patience());
      await driver.purge({ service: branch }, patience());
    }
  } finally {
    await writers?.stop();
    keeper?.kill('SIGKILL');
    for (const store of [service, branch]) {
      await driver.stop({ service: store }, patience());
      await driver.purge({ service: store }, patience());
    }
    await world.close([service, branch]);
    await rm(repository, { recursive: true });
  }
});

/** How many rows there must be, and how many there can't be. Undefined: as of the end, when all was stored. */
function bounds(commits: readonly Commit[], at: number | undefined, { from, log }: Offer) {
  const most = (ids: readonly number[]) => ids.reduce((a, b) => Math.max(a, b), 0);
  if (at === undefined) return { surely: most(commits.map(({ id }) => id)), possibly: Number.POSITIVE_INFINITY };
  // All that was committed by then is in this piece, or in one before it.
  const whole = most([from, ...log.map((piece) => piece.at)].filter((instant) => instant <= at));
  const surely = most(commits.filter(({ acknowledgedAt }) => acknowledgedAt < whole).map(({ id }) => id));
  const later = commits.filter(({ askedAt }) => askedAt > at).map(({ id }) => id);
  return { surely, possibly: later.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY) };
}

function childrenOf(pid: number | undefined): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** It may just have ended. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
