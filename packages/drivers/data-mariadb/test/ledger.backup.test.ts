import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestVault } from '@islet/backup/testing';
import type { DataDriver } from '@islet/driver';
import type { ResultSetHeader } from 'mysql2/promise';
import { withConnection } from '../src/connect.ts';
import { makeWorld, patience, query } from './harness.ts';

/*
 * Ledgers, one for each writer: each row holds the sum of all before it, so that a lost, doubled or half-applied commit anywhere
 * shows. Meanwhile the server, and the process that backs it up, are killed at random instants. Then all is restored to random
 * instants: each holds exactly what had begun before that second and was acknowledged, and nothing that was begun later.
 */
const SERVICE = 'ledger';
const BRANCH = 'branch.ledger';
const WRITING_MS = 12_000;
/** Of these many random instants; the project's own check does fewer. */
const RESTORES = Number(process.env.ISLET_RESTORES ?? 10);
const WRITERS = 8;
const LEDGER = 'CREATE TABLE ledger (writer int, id bigint, sum bigint NOT NULL, PRIMARY KEY (writer, id))';
const APPEND = 'INSERT INTO ledger VALUES (?, ?, ?)';
const SUMS = `SELECT writer, count(*) AS rows_, max(id) AS last, sum(id) AS total, max(sum) AS sum
  FROM ledger GROUP BY writer`;

interface Commit {
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

test('no acknowledged commit is lost, and every second is restored to the transaction, whatever was killed', async (t) => {
  const { driver, close } = await makeWorld();
  const repository = await mkdtemp(join(tmpdir(), 'islet-ledger-'));
  let keeper: ChildProcess | undefined;
  const startKeeper = () => {
    keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-ledger.ts'), repository], { stdio: 'inherit' });
  };
  const killKeeper = async () => {
    const dead = once(keeper!, 'exit');
    keeper!.kill('SIGKILL');
    await dead;
  };
  try {
    const request = { service: SERVICE, url: undefined };
    await driver.provision(request, patience());
    await query(await driver.connection(request), LEDGER);
    const source = await driver.backups!.source(request, patience());
    const keep = { daily: 7, weekly: 0, monthly: 0 };
    const order = { service: SERVICE, source, everyMs: 86_400_000, pitr: true, keep, askedAt: undefined };
    await writeFile(join(repository, 'order.json'), JSON.stringify(order));
    startKeeper();
    const vault = openTestVault(repository, SERVICE);
    await vault.until(() => true);

    const ledgers: Commit[][] = Array.from({ length: WRITERS }, () => []);
    const until = Date.now() + WRITING_MS;
    const writing = Promise.all(ledgers.map((commits, writer) => write(driver, { writer, commits, until })));
    let kills = 0;
    for (; Date.now() < until - 3_000; kills++) {
      await pause(500 + Math.random() * 2_000);
      if (kills % 3 === 2) {
        const store = (await driver.observe())[SERVICE];
        if (store?.kind === 'ready' && store.pid !== undefined) process.kill(store.pid, 'SIGKILL');
        await pause(100);
        await driver.provision(request, patience());
      } else {
        await killKeeper();
        startKeeper();
      }
    }
    await writing;
    const lastAt = Math.max(...ledgers.map((commits) => commits.at(-1)?.acknowledgedAt ?? 0));
    await vault.until(({ to }) => to > lastAt);
    await killKeeper();
    const count = ledgers.flat().length;
    t.diagnostic(`${count} acknowledged commits, ${Math.round((count / WRITING_MS) * 1000)} a second, ${kills} kills`);
    assert.ok(kills > 2 && count > 100);

    const from = (await vault.offers())[0]!.from;
    const instants = Array.from({ length: RESTORES }, () => Math.floor(from + Math.random() * (lastAt - from)));
    for (const at of [...instants, undefined]) {
      const wanted = at === undefined ? ({ kind: 'latest' } as const) : ({ kind: 'time', at } as const);
      await vault.restore(driver, BRANCH, wanted);
      assert.deepEqual(await driver.backups!.check({ service: BRANCH }, patience()), []);
      const found = await query(await driver.connection({ service: BRANCH }), SUMS);
      const second = at === undefined ? Number.POSITIVE_INFINITY : Math.floor(at / 1000) * 1000;
      for (const [writer, commits] of ledgers.entries()) {
        const row = found.find((one) => Number(one.writer) === writer);
        const rows = Number(row?.rows_ ?? 0);
        const what = `writer ${writer}, restored to ${at === undefined ? 'the end' : new Date(at).toISOString()}: ${rows}`;
        // Without a gap, and every sum is that of all before it.
        assert.equal(Number(row?.last ?? 0), rows, what);
        assert.equal(Number(row?.total ?? 0), (rows * (rows + 1)) / 2, what);
        assert.equal(Number(row?.sum ?? 0), (rows * (rows + 1)) / 2, what);
        const surely = commits.findLast(({ acknowledgedAt }) => acknowledgedAt < second)?.id ?? 0;
        const possibly = commits.find(({ askedAt }) => askedAt >= second)?.id ?? Number.POSITIVE_INFINITY;
        assert.ok(rows >= surely && rows < possibly, `${what}; at least ${surely}, less than ${possibly}`);
      }
      await driver.stop({ service: BRANCH }, patience());
      await driver.purge({ service: BRANCH }, patience());
    }
  } finally {
    keeper?.kill('SIGKILL');
    await close();
    await rm(repository, { recursive: true });
  }
});

/** One commit after the other, over as many connections as it takes. */
async function write(
  driver: DataDriver,
  { writer, commits, until }: { readonly writer: number; readonly commits: Commit[]; readonly until: number },
): Promise<void> {
  while (Date.now() < until) {
    try {
      const { port, user, password, name } = await driver.connection({ service: SERVICE });
      const where = { port: port!, login: user!, password: password!, database: name };
      await withConnection(where, patience().signal, async (connection) => {
        const [last] = await query(
          await driver.connection({ service: SERVICE }),
          `SELECT coalesce(max(id), 0) AS last FROM ledger WHERE writer = ${writer}`,
        );
        for (let id = Number(last?.last) + 1; Date.now() < until; id++) {
          const askedAt = Date.now();
          await connection.execute<ResultSetHeader>(APPEND, [writer, id, (id * (id + 1)) / 2]);
          commits.push({ id, askedAt, acknowledgedAt: Date.now() });
        }
      });
    } catch {
      // It was killed: what was not acknowledged may be there or not.
      await pause(50);
    }
  }
}
