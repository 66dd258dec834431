import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestVault } from '@islet/backup/testing';
import { removeServiceUser } from '@islet/supervise';
import { Client } from 'pg';
import { makeWorld, patience, query } from './harness.ts';

/*
 * Ledgers, one for each writer: each row holds the sum of all before it, so that a lost, doubled or half-applied commit
 * anywhere shows. Many write at the same time, and the server makes what they commit durable together. Meanwhile the server,
 * and the process that backs it up, are killed at random instants. Then all is restored to random instants, each of which
 * must hold exactly what had been acknowledged by then, and nothing of after.
 */
const WRITING_MS = 20_000;
/** Of these many random instants; the project's own check does fewer. */
const RESTORES = Number(process.env.ISLET_RESTORES ?? 20);
const LEDGER = 'CREATE TABLE ledger (writer int, id bigint, sum bigint NOT NULL, PRIMARY KEY (writer, id))';
const WRITERS = 16;
/** What is acknowledged is remembered with the instants around it. */
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
      service,
      source: await world.driver.backups!.source({ service }, patience()),
      everyMs: 86_400_000,
      pitr: true,
      keep: { daily: 7, weekly: 0, monthly: 0 },
      askedAt: undefined,
    };
    await writeFile(join(repository, 'order.json'), JSON.stringify(order));
    const startKeeper = () => {
      keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-ledger.ts'), repository], { stdio: 'inherit' });
    };
    startKeeper();
    const vault = openTestVault(repository, service);
    await vault.until(() => true);

    const ledgers: Commit[][] = Array.from({ length: WRITERS }, () => []);
    const until = Date.now() + WRITING_MS;
    const writing = Promise.all(ledgers.map((commits, writer) => write(url, { writer, commits, until })));
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
    const lastAt = Math.max(...ledgers.map((commits) => commits.at(-1)?.acknowledgedAt ?? 0));
    await vault.until(({ to }) => to > lastAt);
    const count = ledgers.flat().length;
    const rate = Math.round((count / WRITING_MS) * 1000);
    t.diagnostic(`${count} acknowledged commits, ${rate} a second, ${kills} kills`);
    assert.ok(kills > 4 && count > 100);

    const from = (await vault.offers())[0]!.from;
    for (let round = 0; round < RESTORES; round++) {
      const at = Math.floor(from + Math.random() * (lastAt - from));
      const as = 'branch.ledger';
      await vault.restore(world.driver, as, { kind: 'time', at });
      const branch = (await world.driver.connection({ service: as })).url;
      const found = await query(
        branch,
        'SELECT writer, count(*) AS rows, max(id) AS last, sum(id) AS total, max(sum) AS sum FROM ledger GROUP BY writer',
      );
      for (const [writer, commits] of ledgers.entries()) {
        const row = found.find((one) => Number(one.writer) === writer);
        const rows = Number(row?.rows ?? 0);
        const what = `writer ${writer}, restored to ${new Date(at).toISOString()}: ${JSON.stringify(row)}`;
        // Without a gap, and every sum is that of all before it.
        assert.equal(Number(row?.last ?? 0), rows, what);
        assert.equal(Number(row?.total ?? 0), (rows * (rows + 1)) / 2, what);
        assert.equal(Number(row?.sum ?? 0), (rows * (rows + 1)) / 2, what);
        const surely = commits.findLast(({ acknowledgedAt }) => acknowledgedAt < at)?.id ?? 0;
        const possibly = commits.find(({ askedAt }) => askedAt > at)?.id ?? Number.POSITIVE_INFINITY;
        assert.ok(rows >= surely && rows < possibly, `${what}; at least ${surely}, less than ${possibly}`);
      }
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
async function write(
  url: () => Promise<string>,
  { writer, commits, until }: { readonly writer: number; readonly commits: Commit[]; readonly until: number },
): Promise<void> {
  const text = `INSERT INTO ledger SELECT $1, coalesce(max(id), 0) + 1, coalesce(max(sum), 0) + coalesce(max(id), 0) + 1
    FROM (SELECT id, sum FROM ledger WHERE writer = $1 ORDER BY id DESC LIMIT 1) AS newest RETURNING id`;
  while (Date.now() < until) {
    const client = new Client(await url());
    client.on('error', () => {});
    try {
      await client.connect();
      while (Date.now() < until) {
        const askedAt = Date.now();
        const { rows } = await client.query<{ id: string }>({ name: 'append', text, values: [writer] });
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
