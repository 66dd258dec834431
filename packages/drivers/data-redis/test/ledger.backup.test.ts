import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { openTestVault, type TestVault } from '@islet/backup/testing';
import type { StoreConnection } from '@islet/driver';
import { withClient } from '../src/client.ts';
import { makeWorld, patience, type World } from './harness.ts';

/*
 * Ledgers, one for each writer: each entry is a transaction that counts it, adds to the sum of all before it, and appends
 * it, so that a lost, doubled or half-applied one anywhere shows. Meanwhile the server, and the process that backs it up, are
 * killed at random instants. Then all is restored to random instants, each of which must hold exactly what had been
 * acknowledged by then, and nothing of after; where nobody can know what was there then, that is said, and it is as of before.
 *
 * A server that is killed has written whatever it has acknowledged, and loses nothing; a power cut could take its last second.
 */
const SERVICE = 'ledger';
const BRANCH = 'branch.ledger';
const WRITING_MS = 20_000;
/** Of these many random instants; the project's own check does fewer. */
const RESTORES = Number(process.env.ISLET_RESTORES ?? 20);
const WRITERS = 16;
/** An instant is known as well as this by whoever hears of a change, on a machine that has much else to do. */
const HEARD_MS = 2_000;

/** What is acknowledged is remembered with the instants around it. */
interface Entry {
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

test('no acknowledged write is lost, and instants are restored to the transaction, whatever was killed', async (t) => {
  const world = await makeWorld();
  const repository = await mkdtemp(join(tmpdir(), 'islet-ledger-'));
  let keeper: ChildProcess | undefined;
  const startKeeper = async () => {
    const source = await world.driver.backups!.source({ service: SERVICE }, patience());
    const keep = { daily: 7, weekly: 0, monthly: 0 };
    const order = { service: SERVICE, source, everyMs: 86_400_000, pitr: true, keep, askedAt: undefined };
    await writeFile(join(repository, 'order.json'), JSON.stringify(order));
    keeper = spawn(process.execPath, [join(import.meta.dirname, 'keep-ledger.ts'), repository], { stdio: 'inherit' });
  };
  const killKeeper = async () => {
    const dead = once(keeper!, 'exit');
    keeper!.kill('SIGKILL');
    await dead;
  };
  try {
    await world.driver.provision({ service: SERVICE, url: undefined }, patience());
    await startKeeper();
    const vault = openTestVault(repository, SERVICE);
    await vault.until(() => true);

    const ledgers: Entry[][] = Array.from({ length: WRITERS }, () => []);
    const until = Date.now() + WRITING_MS;
    const writing = Promise.all(ledgers.map((entries, writer) => write(world, { writer, entries, until })));
    let kills = 0;
    for (; Date.now() < until - 3_000; kills++) {
      await pause(1_500 + Math.random() * 3_000);
      if (kills % 3 === 2) {
        const store = (await world.driver.observe())[SERVICE];
        if (store?.kind === 'ready' && store.pid !== undefined) process.kill(store.pid, 'SIGKILL');
        await pause(100);
        await world.driver.provision({ service: SERVICE, url: undefined }, patience());
      }
      await killKeeper();
      await startKeeper();
    }
    await writing;
    const lastAt = Math.max(...ledgers.map((entries) => entries.at(-1)?.acknowledgedAt ?? 0));
    await vault.until(({ to }) => to > lastAt);
    // What was heard by then is dated so; the last of what was sent may be heard a little later.
    await pause(HEARD_MS);
    await killKeeper();
    const count = ledgers.flat().length;
    assert.ok(kills > 2 && count > 100);

    await restored(world, vault, { kind: 'latest' }, async (branch) => {
      for (const [writer, entries] of ledgers.entries()) {
        const rows = await rowsOf(branch, writer);
        assert.ok(rows >= (entries.at(-1)?.id ?? 0), `writer ${writer} has ${rows} of ${entries.at(-1)?.id}`);
      }
    });
    const from = (await vault.offers())[0]!.from;
    let unsure = 0;
    for (let round = 0; round < RESTORES; round++) {
      const at = Math.floor(from + Math.random() * (lastAt - from));
      await restored(world, vault, { kind: 'time', at }, async (branch, outcome) => {
        if (outcome === 'short') unsure++;
        for (const [writer, entries] of ledgers.entries()) {
          const rows = await rowsOf(branch, writer);
          const surely = outcome === 'short' ? 0 : entries.findLast((one) => one.acknowledgedAt < at - HEARD_MS)?.id;
          const possibly = entries.find(({ askedAt }) => askedAt > at)?.id ?? Number.POSITIVE_INFINITY;
          const what = `writer ${writer}, restored to ${new Date(at).toISOString()} (${outcome}): ${rows}`;
          assert.ok(rows >= (surely ?? 0) && rows < possibly, `${what}; at least ${surely}, less than ${possibly}`);
        }
      });
    }
    const rate = Math.round((count / WRITING_MS) * 1000);
    t.diagnostic(
      `${count} acknowledged, ${rate} a second, ${kills} kills; ${unsure} of ${RESTORES} instants not known`,
    );
    assert.ok(unsure < RESTORES, 'some instants are known');
  } finally {
    keeper?.kill('SIGKILL');
    await world.close();
    await rm(repository, { recursive: true });
  }
});

/** A branch, for as long as it is looked at. */
async function restored(
  { driver }: World,
  vault: TestVault,
  wanted: Parameters<TestVault['restore']>[2],
  look: (branch: StoreConnection, outcome: 'restored' | 'short') => Promise<void>,
): Promise<void> {
  const { kind } = await vault.restore(driver, BRANCH, wanted);
  assert.deepEqual(await driver.backups!.check({ service: BRANCH }, patience()), []);
  await look(await driver.connection({ service: BRANCH }), kind);
  await driver.stop({ service: BRANCH }, patience());
  await driver.purge({ service: BRANCH }, patience());
}

/** How many entries there are, if they are without a gap and every part of each is there. */
async function rowsOf({ port, user, password }: StoreConnection, writer: number): Promise<number> {
  const login = { port: port!, user: user!, password: password! };
  return withClient(login, patience().signal, async (send) => {
    const [id, sum, rows] = await Promise.all([
      send('GET', `${writer}:id`),
      send('GET', `${writer}:sum`),
      send('LRANGE', `${writer}:rows`, '0', '-1'),
    ]);
    const count = (rows as string[]).length;
    assert.deepEqual([Number(id), Number(sum)], [count, (count * (count + 1)) / 2]);
    assert.ok((rows as string[]).every((row, index) => Number(row) === index + 1));
    return count;
  });
}

/** One transaction after the other, over as many connections as it takes. */
async function write(
  { driver }: World,
  { writer, entries, until }: { readonly writer: number; readonly entries: Entry[]; readonly until: number },
): Promise<void> {
  while (Date.now() < until) {
    try {
      const { port, user, password } = await driver.connection({ service: SERVICE });
      await withClient({ port: port!, user: user!, password: password! }, patience().signal, async (send) => {
        for (let id = Number(await send('GET', `${writer}:id`)) + 1; Date.now() < until; id++) {
          const askedAt = Date.now();
          const text = String(id);
          const answers = await Promise.all([
            send('MULTI'),
            send('SET', `${writer}:id`, text),
            send('INCRBY', `${writer}:sum`, text),
            send('RPUSH', `${writer}:rows`, text),
            send('EXEC'),
          ]);
          assert.ok(Array.isArray(answers[4]));
          entries.push({ id, askedAt, acknowledgedAt: Date.now() });
        }
      });
    } catch {
      // It was killed: what was not acknowledged may be there or not.
      await pause(50);
    }
  }
}
