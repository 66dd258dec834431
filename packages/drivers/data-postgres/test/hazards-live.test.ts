import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { MigrateOutcome } from '@islet/driver';
import { migrationOf } from '@islet/driver/migrations';
import { migratePostgres, previewPostgres } from '../src/migrations.ts';
import { LIMITS } from '../src/options.ts';
import { makeWorld, patience, query, type World } from './harness.ts';

type Files = Readonly<Record<string, string>>;

describe('on a server with a large table', () => {
  const service = 'orders';
  let world: World;
  let url: string;
  const filesOf = (files: Files) => Object.entries(files).map(([name, sql]) => migrationOf(name, sql));
  const made: Record<string, string> = {};
  /** With those that are applied already. */
  const migrate = async (files: Files): Promise<MigrateOutcome> => {
    const outcome = await migratePostgres({ connectionString: url }, filesOf({ ...made, ...files }), patience().signal);
    if (outcome.kind === 'migrated') Object.assign(made, files);
    return outcome;
  };
  const preview = (files: Files) =>
    previewPostgres({ connectionString: url }, filesOf({ ...made, ...files }), patience().signal);
  const reason = (outcome: MigrateOutcome) => (outcome.kind === 'failed' ? outcome.reason : 'it did not fail');
  const indexes = () =>
    query(
      url,
      'SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index ' +
        "WHERE indrelid = 'big'::regclass ORDER BY 1",
    );

  before(async () => {
    world = await makeWorld();
    await world.driver.provision({ service, url: undefined }, patience());
    url = (await world.driver.connection({ service })).url;
  });
  after(() => world.close());

  it('makes, fills and indexes a table in one run without a word: nobody uses it yet', async () => {
    const outcome = await migrate({
      // Few rows a page, so that few rows are a large table.
      '01.sql': 'CREATE TABLE big (id int, x int, y int) WITH (fillfactor = 10)',
      '02.sql': 'INSERT INTO big SELECT i, i % 1000, i FROM generate_series(1, 60000) i',
      '03.sql': 'CREATE INDEX big_x ON big (x)',
    });
    assert.deepEqual(outcome, { kind: 'migrated', applied: ['01.sql', '02.sql', '03.sql'] });
    const [size] = await query(url, "SELECT pg_relation_size('big')::int AS bytes");
    assert.ok(Number(size?.bytes) > LIMITS.smallTableBytes);
  });

  it('refuses what would block, before anything of the file runs', async () => {
    const outcome = await migrate({ '04.sql': 'CREATE TABLE other (x int);\nCREATE INDEX big_y ON big (y);' });
    assert.match(reason(outcome), /^04\.sql:2: on public\.big \(\d+ MiB\) it builds big_y while nobody may write/);
    await assert.rejects(query(url, 'SELECT FROM other'), { code: '42P01' });
    const files = { '04.sql': '-- islet: allow index-blocks-writes\nCREATE INDEX big_y ON big (y);' };
    const allowed = await migrate(files);
    assert.equal(allowed.kind === 'migrated' && allowed.hazards?.[0]?.rule, 'index-blocks-writes');
  });

  it('refuses to allow a rule that is none, with those that are', async () => {
    const outcome = await migrate({ '05.sql': '-- islet: allow everything\nSELECT 1' });
    assert.match(reason(outcome), /there is no rule "everything" to allow: one of index-blocks-writes, /);
  });

  it('takes the safe way to NOT NULL in three files, and the plan says so beforehand', async () => {
    const safe = {
      '05.sql': 'ALTER TABLE big ADD CONSTRAINT y_known CHECK (y IS NOT NULL) NOT VALID',
      '06.sql': 'ALTER TABLE big VALIDATE CONSTRAINT y_known',
      '07.sql': 'ALTER TABLE big ALTER y SET NOT NULL; ALTER TABLE big DROP CONSTRAINT y_known',
    };
    const unsafe = await preview({ '05.sql': 'ALTER TABLE big ALTER y SET NOT NULL' });
    assert.equal(unsafe.kind === 'pending' && unsafe.migrations[0]?.hazards[0]?.rule, 'set-not-null-scans');
    const planned = await preview(safe);
    assert(planned.kind === 'pending');
    assert.deepEqual(
      planned.migrations.map(({ name, hazards, inTransaction }) => [name, hazards.length, inTransaction]),
      [
        ['05.sql', 0, true],
        ['06.sql', 0, true],
        ['07.sql', 0, true],
      ],
    );
    assert.deepEqual(await migrate(safe), { kind: 'migrated', applied: ['05.sql', '06.sql', '07.sql'] });
  });

  it('plans without a change: the same is pending afterwards', async () => {
    const files = { '08.sql': 'CREATE TABLE planned (x int)' };
    assert.deepEqual(await preview(files), await preview(files));
    await assert.rejects(query(url, 'SELECT FROM planned'), { code: '42P01' });
  });

  it('runs what is CONCURRENTLY outside of a transaction without being told', async () => {
    const files = { '08.sql': 'CREATE INDEX CONCURRENTLY big_id ON big (id)' };
    const planned = await preview(files);
    assert.equal(planned.kind === 'pending' && planned.migrations[0]?.inTransaction, false);
    assert.deepEqual(await migrate(files), { kind: 'migrated', applied: ['08.sql'] });
  });

  it('refuses a file that mixes both, which would be half applied when its end fails', async () => {
    const outcome = await migrate({ '09.sql': 'CREATE TABLE m (x int);\nCREATE INDEX CONCURRENTLY m_x ON m (x)' });
    assert.match(reason(outcome), /^09\.sql:2: "CREATE INDEX CONCURRENTLY m_x ON m \(x\)" can't run in a transaction/);
  });

  it('leaves no invalid index after one that failed, nor of a try that was killed', async () => {
    const files = { '09.sql': 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS big_unique ON big (x)' };
    const before = await indexes();
    assert.match(reason(await migrate(files)), /could not create unique index .*: nothing of it is applied$/);
    assert.deepEqual(await indexes(), before);
    // What a kill leaves: PostgreSQL cleans up nothing.
    await assert.rejects(query(url, 'CREATE UNIQUE INDEX CONCURRENTLY big_unique ON big (x)'));
    assert.notDeepEqual(await indexes(), before);
    await query(url, 'UPDATE big SET x = id');
    assert.deepEqual(await migrate(files), { kind: 'migrated', applied: ['09.sql'] });
    assert.equal((await indexes()).find(({ name }) => name === 'big_unique')?.valid, true);
  });
});
