import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { removeServiceUser } from '@islet/supervise';
import { Client } from 'pg';
import { makeWorld, patience, query } from './harness.ts';
import { openLedgerVault, restoreLedger } from './ledger-vault.ts';

/*
 * A ledger: each row holds the sum of all before it, so that a lost, doubled or half-applied commit anywhere shows. While
 * it is written, the server, and the process that backs it up, are killed at random instants. Then it is restored to random
 * instants, each of which must hold exactly what had been acknowledged by then, and nothing of after.
 */
const WRITING_MS = 20_000;
/** Of these many random instants; the project's own check does fewer. */
const RESTORES = Number(process.env.ISLET_RESTORES ?? 20);
const LEDGER = 'CREATE TABLE ledger (id bigint PRIMARY KEY, sum bigint NOT NULL)';
/** Four at a time are committed as one; what is acknowledged is remembered with the instants around it. */
interface Commit {
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

test('no acknowledged commit is lost, and every instant is restored to the transaction, whatever was killed', async (t) => {
  const service = 'ledger';
  const world = await makeWorld();
  const repository = await mkdtemp(join(tmpdir(), 'islet-ledger-'));
  let keeper: ChildProcess | undefined;
  try {
    await world.driver.provision({ service, url: undefined }, patience());
    const url = async () => (await world.driver.connection({ service })).url;
    await query(await url(), LEDGER);
    const order = {
      ...{
        service,
        source: await world.driver.backups!.source({ service }, patience()),
        everyMs: 86_400_000,
        pitr: true,
      },
      ...{ keep: { daily: 7, weekly: 0, monthly: 0 }, askedAt: undefined },
    };
    await writeFile(join(repository, 'order.json'), JSON.stringify(order));
    const startKeeper = () => {
      keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-ledger.ts'), repository], { stdio: 'inherit' });
    };
    startKeeper();
    const vault = await openLedgerVault(repository);
    await vault.untilOffered();

    const commits: Commit[] = [];
    const until = Date.now() + WRITING_MS;
    const writing = write(url, commits, until);
    let kills = 0;
    for (; Date.now() < until - 3_000; kills++) {
      await pause(500 + Math.random() * 2_000);
      if (kills % 3 === 2) {
        const store = (await world.driver.observe())[service];
        if (store?.kind === 'ready' && store.pid !== undefined) process.kill(store.pid, 'SIGKILL');
        await pause(100);
        await world.driver.provision({ service, url: undefined }, patience());
      } else {
        const dead = once(keeper!, 'exit');
        keeper!.kill('SIGKILL');
        await dead;
        startKeeper();
      }
    }
    await writing;
    const last = commits.at(-1)!;
    await vault.untilStored(last.acknowledgedAt);
    const rate = Math.round((commits.length / WRITING_MS) * 1000);
    t.diagnostic(`${commits.length} acknowledged commits, ${rate} a second, ${kills} kills`);
    assert.ok(kills > 4 && commits.length > 100);

    const from = await vault.offeredFrom();
    for (let round = 0; round < RESTORES; round++) {
      const at = Math.floor(from + Math.random() * (last.acknowledgedAt - from));
      const as = 'branch.ledger';
      await restoreLedger(world.driver, { repository, as, at });
      const branch = (await world.driver.connection({ service: as })).url;
      const [row] = await query(
        branch,
        'SELECT count(*) AS rows, max(id) AS last, sum(id) AS total, max(sum) AS sum FROM ledger',
      );
      const rows = Number(row!.rows);
      const what = `restored to ${new Date(at).toISOString()}: ${JSON.stringify(row)}`;
      // Without a gap, and every sum is that of all before it.
      assert.equal(Number(row!.last), rows, what);
      assert.equal(Number(row!.total), (rows * (rows + 1)) / 2, what);
      assert.equal(Number(row!.sum ?? 0), (rows * (rows + 1)) / 2, what);
      const surely = commits.findLast(({ acknowledgedAt }) => acknowledgedAt < at)?.id ?? 0;
      const possibly = commits.find(({ askedAt }) => askedAt > at)?.id ?? Number.POSITIVE_INFINITY;
      assert.ok(rows >= surely && rows < possibly, `${what}; at least ${surely}, less than ${possibly}`);
      await world.driver.stop({ service: as }, patience());
      await world.driver.purge({ service: as }, patience());
    }
  } finally {
    keeper?.kill('SIGKILL');
    for (const one of [service, 'branch.ledger']) {
      await world.driver.stop({ service: one }, patience());
      await world.driver.purge({ service: one }, patience());
      await removeServiceUser({ system: world.system, service: one });
    }
    await world.close();
    await rm(repository, { recursive: true });
  }
});

/** One commit after the other, over as many connections as it takes. */
async function write(url: () => Promise<string>, commits: Commit[], until: number): Promise<void> {
  while (Date.now() < until) {
    const client = new Client(await url());
    client.on('error', () => {});
    try {
      await client.connect();
      while (Date.now() < until) {
        const askedAt = Date.now();
        const { rows } = await client.query<{ id: string }>(
          `INSERT INTO ledger SELECT coalesce(max(id), 0) + 1, coalesce(max(sum), 0) + coalesce(max(id), 0) + 1 FROM ledger
           RETURNING id`,
        );
        commits.push({ id: Number(rows[0]!.id), askedAt, acknowledgedAt: Date.now() });
      }
    } catch {
      // It was killed: what was not acknowledged may be there or not.
      await pause(50);
    } finally {
      await client.end().catch(() => {});
    }
  }
}
