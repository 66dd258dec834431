import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { backupConformance, dataConformance, SQL_WORDS } from '@islet/driver/conformance';
import { makeHarness, makeWorld, patience, query, type World } from './harness.ts';

/** Debian's, beside the one that npm brings. */
const DEBIAN = { version: 15, binaries: 'system' };

dataConformance('data-postgres of the system', () => makeHarness(DEBIAN), { ownsData: true });
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

  it('begins as small as any, and sorts by code points', async () => {
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
