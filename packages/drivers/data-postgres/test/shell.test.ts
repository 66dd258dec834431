import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { makeWorld, patience, query, type World } from './harness.ts';

/** What somebody may try who may only look; most of it is refused, and what is not leaves nothing behind. */
const TRICKS = [
  'SET TRANSACTION READ WRITE',
  'SET default_transaction_read_only = off',
  "SELECT set_config('transaction_read_only', 'off', false)",
  'COMMIT',
  'COMMIT AND CHAIN',
  'COMMIT; INSERT INTO kept VALUES (2)',
  'WITH added AS (INSERT INTO kept VALUES (2) RETURNING x) SELECT x FROM added',
  'EXPLAIN ANALYZE INSERT INTO kept VALUES (2)',
  'DO $$ BEGIN COMMIT; INSERT INTO kept VALUES (2); END $$',
  'DO $$ BEGIN SET TRANSACTION READ WRITE; INSERT INTO kept VALUES (2); END $$',
  "DO $$ BEGIN PERFORM set_config('transaction_read_only', 'off', true); INSERT INTO kept VALUES (2); END $$",
  'SELECT add_one()',
  'SELECT x FROM adding',
  'CALL commit_and_add()',
  "SELECT nextval('numbers')",
  "SELECT setval('numbers', 7)",
  'SELECT lo_create(7)',
  'CREATE TABLE more AS SELECT 1 AS x',
  'SELECT 1 AS x INTO more',
  "COPY kept FROM PROGRAM 'echo 2'",
] as const;

describe('the shell of PostgreSQL, of who may only look', () => {
  const service = 'orders';
  let world: World;
  let url: string;
  const run = (text: string, write = false) => world.driver.shell!.run({ service, text, write }, patience());

  before(async () => {
    world = await makeWorld();
    await world.driver.provision({ service, url: undefined }, patience());
    url = (await world.driver.connection({ service })).url;
    const insert = 'INSERT INTO kept VALUES (2)';
    for (const text of [
      'CREATE TABLE kept (x int)',
      'INSERT INTO kept VALUES (1)',
      'CREATE SEQUENCE numbers',
      `CREATE FUNCTION add_one() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN ${insert}; RETURN 2; END $$`,
      'CREATE VIEW adding AS SELECT add_one() AS x',
      `CREATE PROCEDURE commit_and_add() LANGUAGE plpgsql AS $$ BEGIN COMMIT; ${insert}; END $$`,
    ])
      assert.equal((await run(text, true)).kind, 'done', text);
  });
  after(() => world.close());

  for (const text of TRICKS)
    it(`changes nothing by ${text}`, async () => {
      await run(text);
      const [found] = await query(
        url,
        `SELECT (SELECT sum(x)::int FROM kept) AS sum, (SELECT is_called FROM numbers) AS called,
         to_regclass('more') AS more, (SELECT count(*)::int FROM pg_largeobject_metadata) AS large`,
      );
      assert.deepEqual({ ...found }, { sum: 1, called: false, more: null, large: 0 });
    });

  it('writes no file, and runs no program', async () => {
    const file = join(world.layout.state, 'written');
    for (const text of [`COPY kept TO '${file}'`, `COPY kept TO PROGRAM 'cat > ${file}'`]) {
      assert.match(JSON.stringify(await run(text)), /"failed".*permission denied/, text);
    }
    assert.equal(existsSync(file), false);
  });
});
