import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { MigrateOutcome } from '@islet/driver';
import { migrationOf } from '@islet/driver/migrations';
import { Client } from 'pg';
import { migratePostgres } from '../src/migrations.ts';
import { makeWorld, patience, query, type World } from './harness.ts';

describe('a PostgreSQL migration', () => {
  const service = 'orders';
  let world: World;
  let url: string;
  let folder: string;

  const migrate = async (
    files: Readonly<Record<string, string>>,
    signal = patience().signal,
  ): Promise<MigrateOutcome> => {
    const migrations = await mkdtemp(join(folder, 'of-'));
    for (const [name, sql] of Object.entries(files)) await writeFile(join(migrations, name), sql);
    return world.driver.migrate({ service, folder: migrations }, { signal });
  };
  const reason = (outcome: MigrateOutcome) => (outcome.kind === 'failed' ? outcome.reason : 'it did not fail');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'islet-migrations-'));
    world = await makeWorld();
    await world.driver.provision({ service, url: undefined }, patience());
    url = (await world.driver.connection({ service })).url;
  });
  beforeEach(() => query(url, 'DROP SCHEMA public CASCADE; CREATE SCHEMA public'));
  after(async () => {
    await world.close();
    await rm(folder, { recursive: true });
  });

  it('that fails names the line, the message, the code and the hint', async () => {
    const outcome = await migrate({
      '0001_ä.sql': "SELECT '𝄞𝄞𝄞';\n\nCREATE TABLE a (price int);\nSELECT prise\nFROM a;",
    });
    assert.equal(
      reason(outcome),
      '0001_ä.sql:4: column "prise" does not exist (42703); Perhaps you meant to reference the column "a.price".',
    );
  });

  it('that fails names the line of its statement where the server names none', async () => {
    const outcome = await migrate({
      '1.sql': 'CREATE TABLE a (x int);\n\n-- more\nALTER TABLE b\n  ADD y int;\nSELECT 1;',
    });
    assert.equal(reason(outcome), '1.sql:4: relation "b" does not exist (42P01)');
    assert.deepEqual(await query(url, "SELECT tablename FROM pg_tables WHERE tablename = 'a'"), []);
  });

  it('of a server that is stopped is unavailable, and waits for nothing', async () => {
    await world.driver.stop({ service }, patience());
    await assert.rejects(migrate({ '1.sql': 'SELECT 1' }), { code: 'unavailable', message: /ECONNREFUSED/ });
    await world.driver.provision({ service, url: undefined }, patience());
  });

  it('whose connection is cut in its middle is unavailable, and rolled back', async () => {
    const migrating = migrate({ '1.sql': 'CREATE TABLE a (x int); SELECT pg_sleep(600)' });
    migrating.catch(() => {});
    await sleeping(url);
    await query(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'");
    await assert.rejects(migrating, { code: 'unavailable' });
    assert.deepEqual(await migrate({ '1.sql': 'CREATE TABLE a (x int)' }), { kind: 'migrated', applied: ['1.sql'] });
  });

  it("makes what is the service's own", async () => {
    await migrate({ '1.sql': 'CREATE EXTENSION citext; CREATE TABLE a (x citext)' });
    const owners = await query(url, "SELECT tableowner FROM pg_tables WHERE schemaname = 'public'");
    assert.deepEqual(
      owners.map(({ tableowner }) => tableowner),
      ['orders', 'orders'],
    );
  });

  it('leaves no setting to the next one', async () => {
    const outcome = await migrate({
      '1.sql': "SELECT pg_catalog.set_config('search_path', '', false); CREATE TABLE public.a (x int)",
      '2.sql': 'CREATE TABLE b (x int)',
    });
    assert.deepEqual(outcome, { kind: 'migrated', applied: ['1.sql', '2.sql'] });
    assert.deepEqual(await query(url, 'SELECT x FROM public.b'), []);
  });

  it('marked so runs outside of a transaction, and is recorded', async () => {
    const files = {
      '1.sql': 'CREATE TABLE a (x int)',
      '2.sql': '-- islet: no-transaction\nCREATE INDEX CONCURRENTLY a_x ON a (x);\nVACUUM a;',
    };
    assert.deepEqual(await migrate(files), { kind: 'migrated', applied: ['1.sql', '2.sql'] });
    assert.deepEqual(await migrate(files), { kind: 'migrated', applied: [] });
  });

  it('outside of a transaction that fails names the line, and says that what came before stays', async () => {
    const outcome = await migrate({
      '1.sql': '-- islet: no-transaction\nCREATE TABLE a (x int);\n\nSELECT y\nFROM a;',
    });
    assert.match(
      reason(outcome),
      /^1\.sql:4: column "y" does not exist .*1 of its 2 statements came before, and stay applied$/,
    );
    assert.deepEqual(await query(url, 'SELECT x FROM a'), []);
  });

  it('that ends its transaction where no scan could see it is reported', async () => {
    const outcome = await migrate({ '1.sql': 'CREATE TABLE a (x int); END;' });
    assert.match(reason(outcome), /1\.sql: it ended its transaction itself/);
  });

  it('waits for a lock without making everyone wait, and succeeds when it is free', async () => {
    await query(url, 'CREATE TABLE busy (x int)');
    const holder = new Client(url);
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE busy IN ACCESS SHARE MODE');
    const migrating = migrate({ '1.sql': 'ALTER TABLE busy ADD COLUMN y int' });
    // A reader queues behind the waiting ALTER TABLE; it is served before the holder lets go.
    await waiting(url);
    assert.deepEqual(await query(url, 'SELECT x FROM busy'), []);
    await holder.end();
    assert.deepEqual(await migrating, { kind: 'migrated', applied: ['1.sql'] });
  });

  it('that is given up in its middle is rolled back, and keeps no lock', async () => {
    const giveUp = new AbortController();
    const migrating = migrate({ '1.sql': 'CREATE TABLE a (x int); SELECT pg_sleep(600)' }, giveUp.signal);
    await sleeping(url);
    giveUp.abort();
    await assert.rejects(migrating, { name: 'AbortError' });
    assert.deepEqual(await migrate({ '1.sql': 'CREATE TABLE a (x int)' }), { kind: 'migrated', applied: ['1.sql'] });
  });

  it('is applied once when two control planes migrate at the same time', async () => {
    const files = [migrationOf('1.sql', 'CREATE TABLE a (x int)'), migrationOf('2.sql', 'INSERT INTO a VALUES (1)')];
    const run = () => migratePostgres({ connectionString: url }, files, patience().signal);
    const outcomes = await Promise.all([run(), run(), run()]);
    const applied = outcomes.flatMap((outcome) => (outcome.kind === 'migrated' ? outcome.applied : []));
    assert.deepEqual(applied.toSorted(), ['1.sql', '2.sql']);
    assert.equal((await query(url, 'SELECT x FROM a')).length, 1);
  });
});

/** Returns when a statement of the database waits for a lock. */
function waiting(url: string): Promise<void> {
  return activity(url, "wait_event_type = 'Lock'");
}

function sleeping(url: string): Promise<void> {
  return activity(url, "wait_event = 'PgSleep'");
}

async function activity(url: string, condition: string): Promise<void> {
  const { signal } = patience();
  while ((await query(url, `SELECT FROM pg_stat_activity WHERE ${condition}`)).length === 0) signal.throwIfAborted();
}
