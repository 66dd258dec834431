import assert from 'node:assert/strict';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { layoutOf } from '@islet/driver';
import { backupConformance, SQL_WORDS } from '@islet/driver/conformance';
import { makeHarness, makeWorld, patience, query, type World } from './harness.ts';

/** Debian's, beside the one that npm brings. What differs most from version to version is how it is copied. */
const DEBIAN = { version: 15, binaries: 'system' };

backupConformance('data-postgres of the system', () => makeHarness(DEBIAN), { words: SQL_WORDS });

describe("a server of the machine's own PostgreSQL", () => {
  const service = 'orders';
  const request = { service, url: undefined, server: DEBIAN };
  let world: World;
  const rows = async (sql: string) => query((await world.driver.connection({ service })).url, sql);

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(request, patience());
    await rows('CREATE TABLE kept (x int); INSERT INTO kept VALUES (42)');
  });
  after(() => world.close());

  it('is of the version that was asked for, and says where it is from', async () => {
    const { version, programs } = (await world.driver.measure?.({ service }, patience())) ?? {};
    assert.match(version ?? '', /^15\./);
    assert.equal(programs, 'system: /usr/lib/postgresql/15/bin');
  });

  it('begins small, and sorts by code points', async () => {
    assert.deepEqual(await rows('SHOW max_wal_size'), [{ max_wal_size: '256MB' }]);
    assert.deepEqual(await rows("SELECT 'Z' < 'a' AND upper('ä') = 'Ä' AS as_everywhere"), [{ as_everywhere: true }]);
  });

  it('goes on with its data by the same programs where nothing is said', async () => {
    await world.driver.stop({ service }, patience());
    await world.driver.provision({ service, url: undefined }, patience());
    assert.deepEqual(await rows('SELECT x FROM kept'), [{ x: 42 }]);
  });

  it('is not replaced by another version, which reads none of its data', async () => {
    for (const server of [
      { version: 18, binaries: 'npm' },
      { version: undefined, binaries: 'npm' },
    ]) {
      await world.driver.stop({ service }, patience());
      await assert.rejects(world.driver.provision({ ...request, server }, patience()), {
        code: 'refused',
        message: /of PostgreSQL 15/,
      });
    }
    await world.driver.provision(request, patience());
    assert.deepEqual(await rows('SELECT x FROM kept'), [{ x: 42 }]);
  });
});

describe('data that is taken over to a newer version', () => {
  const service = 'orders';
  const aside = 'aside.orders';
  const old = { service, url: undefined, server: DEBIAN };
  const wanted = { ...old, server: { version: 18, binaries: 'npm' } };
  let world: World;
  const rows = async (sql: string) => query((await world.driver.connection({ service })).url, sql);

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(old, patience());
    // So that it logs in as a member of the owner.
    await world.driver.credentials?.rotate({ service }, patience());
    await rows(`CREATE TABLE kept (id bigserial PRIMARY KEY, text text NOT NULL);
      INSERT INTO kept (text) SELECT 'row ' || x FROM generate_series(1, 1000) AS x;
      CREATE INDEX by_text ON kept (text); CREATE SCHEMA other; CREATE VIEW other.seen AS SELECT id FROM kept`);
  });
  after(() => world.close());

  it('can be, if both and the tools are there; to an older one it can not', async () => {
    assert.equal(await world.driver.upgrade?.missing(wanted, patience()), undefined);
    const nowhere = { ...old, server: { version: 18, binaries: '/nonexistent' } };
    const refusal = await world.driver.upgrade?.missing(nowhere, patience());
    assert.match(
      `${refusal?.message}; ${refusal?.hint}`,
      /of PostgreSQL 15, and can't be copied to 18: \/nonexistent holds no/,
    );
    const back = await world.driver.upgrade?.missing(
      { ...old, server: { version: 14, binaries: 'system' } },
      patience(),
    );
    assert.match(back?.message ?? '', /to a newer version only/);
  });

  it('is written down so that only the service reads it, and is whole in the new one', async () => {
    const { driver } = world;
    await driver.upgrade?.write(wanted, patience());
    const folder = join(layoutOf.data(world.layout, service), 'dump');
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    await driver.stop({ service }, patience());
    await driver.backups?.rename({ service, to: aside }, patience());
    await driver.provision(wanted, patience());
    await driver.upgrade?.read({ service, from: aside }, patience());
    assert.match((await driver.measure?.({ service }, patience()))?.version ?? '', /^18\./);
    assert.deepEqual(await driver.backups?.count({ service }, patience()), { kept: 1000 });
    assert.deepEqual(await rows('SELECT count(*)::int AS seen FROM other.seen'), [{ seen: 1000 }]);
    assert.deepEqual(await rows("INSERT INTO kept (text) VALUES ('next') RETURNING id::int"), [{ id: 1001 }]);
    assert.deepEqual(await driver.backups?.check({ service }, patience()), []);
    await assert.rejects(driver.upgrade?.read({ service, from: aside }, patience()) ?? Promise.resolve(), {
      code: 'refused',
      message: /psql failed: .*already exists/,
    });
    assert.deepEqual(await driver.backups?.count({ service }, patience()), { kept: 1001 }, 'all or nothing');
    await driver.upgrade?.forget({ service: aside });
    await assert.rejects(stat(folder.replace(service, aside)), { code: 'ENOENT' });
  });
});
