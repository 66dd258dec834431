import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import {
  type MigrationStore,
  migrationOf,
  planMigrations,
  readMigrations,
  runMigrations,
  splitStatements,
  sqliteMigrationStore,
} from '../src/migrations/index.ts';
import { byName } from '../src/migrations/order.ts';

const file = (name: string, sql = `-- ${name}`) => migrationOf(name, sql);
const recorded = (name: string, sql = `-- ${name}`) => ({ ...file(name, sql), appliedAt: '2026-01-01T00:00:00.000Z' });

describe('a plan of migrations', () => {
  const refusals: readonly [string, string[], string[], RegExp][] = [
    ['a file that is missing in the middle', ['1.sql', '3.sql'], ['1.sql', '2.sql', '3.sql'], /2\.sql .*is missing/],
    ['a missing file although a new one follows', ['1.sql', '3.sql'], ['1.sql', '2.sql'], /2\.sql .*restore/],
    [
      'a new file before an applied one',
      ['1.sql', '2.sql', '3.sql'],
      ['1.sql', '3.sql'],
      /out of order: 2\.sql.*rename/,
    ],
  ];
  for (const [what, files, applied, reason] of refusals) {
    it(`refuses ${what}`, () => {
      const plan = planMigrations(
        files.map((name) => file(name)),
        applied.map((name) => recorded(name)),
      );
      assert.equal(plan.kind, 'refused');
      assert.match(plan.kind === 'refused' ? plan.reason : '', reason);
    });
  }

  it('refuses an applied file whose text changed, and names the remedy', () => {
    const plan = planMigrations([file('1.sql', 'SELECT 2')], [recorded('1.sql', 'SELECT 1')]);
    assert.deepEqual(plan, {
      kind: 'refused',
      migration: '1.sql',
      reason:
        'tampered: 1.sql was applied at 2026-01-01T00:00:00.000Z with other content; ' +
        'restore the file and add a new migration',
    });
  });

  it('takes other line ends for the same text', () => {
    const plan = planMigrations([file('1.sql', 'SELECT\r\n1')], [recorded('1.sql', 'SELECT\n1')]);
    assert.deepEqual(plan, { kind: 'pending', migrations: [], later: [] });
  });

  it('is empty for every older revision of a folder, and for the folder itself', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (size, kept) => {
        const names = Array.from({ length: size }, (_, index) => `${index}.sql`);
        const older = names.slice(0, kept).map((name) => file(name));
        assert.deepEqual(
          planMigrations(
            older,
            names.map((name) => recorded(name)),
          ),
          { kind: 'pending', migrations: [], later: [] },
        );
      }),
    );
  });

  it('is exactly what follows the applied ones, in order, however the folder was listed', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]), fc.nat(12), (numbers, done) => {
        const sorted = numbers.toSorted((a, b) => a - b).map((number) => `${number}.sql`);
        const plan = planMigrations(
          numbers.map((number) => file(`${number}.sql`)),
          sorted.slice(0, done).map((name) => recorded(name)),
        );
        assert.equal(plan.kind, 'pending');
        assert.deepEqual(plan.kind === 'pending' && plan.migrations.map(({ name }) => name), sorted.slice(done));
      }),
    );
  });

  const mistakes: readonly [string, RegExp | undefined][] = [
    ['CREATE TABLE a (x int);\nCOMMIT;', /1\.sql:2: COMMIT would end the transaction/],
    ['/* hello */ begin;', /1\.sql:1: BEGIN/],
    ['SELECT 1; START  TRANSACTION;', /START/],
    ['ROLLBACK', /ROLLBACK/],
    ['SAVEPOINT a; ROLLBACK TO SAVEPOINT a; ROLLBACK TO a; ROLLBACK WORK TO a', undefined],
    ["INSERT INTO a VALUES ('; COMMIT;'); -- ; COMMIT;\n/* ; COMMIT; */ SELECT 1", undefined],
    ['CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $x$ BEGIN; COMMIT; $$ ; COMMIT; END $x$', undefined],
    ["SELECT E'it\\'; COMMIT; '", undefined],
    ['-- islet: no-transaction\nBEGIN; COMMIT;', undefined],
    [
      '-- +goose Up\nCREATE TABLE a (x int);\n-- +goose Down\nDROP TABLE a;',
      /1\.sql:3: "-- \+goose Down" begins a way back/,
    ],
    ['-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;', /1\.sql:3/],
  ];
  for (const [sql, reason] of mistakes) {
    it(`${reason ? 'refuses' : 'takes'} ${JSON.stringify(sql)}`, () => {
      const plan = planMigrations([file('1.sql', sql)], []);
      if (reason) assert.match(plan.kind === 'refused' ? plan.reason : '', reason);
      else assert.equal(plan.kind, 'pending');
    });
  }
});

describe('the order of migrations', () => {
  it('counts digits as numbers', () => {
    const names = ['V10__c.sql', 'V9__b.sql', 'V1__a.sql', 'V9__a.sql'];
    assert.deepEqual(names.toSorted(byName), ['V1__a.sql', 'V9__a.sql', 'V9__b.sql', 'V10__c.sql']);
  });

  it('is total: never both before and after, and equal only to itself', () => {
    const name = fc.stringMatching(/^[a-b0-2_]{0,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        assert.equal(Math.sign(byName(a, b)), -Math.sign(byName(b, a)) || 0);
        assert.equal(byName(a, b) === 0, a === b);
        if (byName(a, b) < 0 && byName(b, c) < 0) assert.ok(byName(a, c) < 0);
      }),
    );
  });
});

describe('statements', () => {
  it('are cut at semicolons outside of text and parentheses, with their lines', () => {
    assert.deepEqual(splitStatements("SELECT ';';\n\n-- a; b\nCREATE RULE r AS DO (a; b);\nSELECT $$;$$"), [
      { text: "SELECT ';'", line: 1 },
      { text: 'CREATE RULE r AS DO (a; b)', line: 4 },
      { text: 'SELECT $$;$$', line: 5 },
    ]);
  });

  it('are scanned in linear time whatever the text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[;'"$\-/*a(e\\\n]{0,60}$/), (sql) => {
        const text = splitStatements(sql).map((statement) => statement.text);
        assert.ok(text.join('').length <= sql.length);
      }),
    );
    assert.equal(splitStatements("'".repeat(200_001)).length, 1);
  });
});

describe('a folder of migrations', () => {
  it('is read in order, without the files that go back and those that are no SQL', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-migrations-'));
    t.after(() => rm(folder, { recursive: true }));
    for (const name of ['10_b.up.sql', '9_a.sql', '9_a.down.sql', 'README.md', '.hidden.sql']) {
      await writeFile(join(folder, name), '\uFEFFSELECT 1;\r\n');
    }
    const read = await readMigrations({ folder });
    assert.deepEqual(
      read.map(({ name, sql }) => [name, sql]),
      [
        ['9_a.sql', 'SELECT 1;\n'],
        ['10_b.up.sql', 'SELECT 1;\n'],
      ],
    );
  });

  it('is not left by a link: what lies elsewhere may be hidden from the service', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-migrations-'));
    t.after(() => rm(folder, { recursive: true }));
    await mkdir(join(folder, 'service', 'sql'), { recursive: true });
    await writeFile(join(folder, 'token.sql'), 'SELECT 1;');
    await symlink('../../token.sql', join(folder, 'service', 'sql', '1.sql'));
    await symlink('..', join(folder, 'service', 'up'));
    const within = join(folder, 'service');
    for (const place of ['sql', 'up']) {
      await assert.rejects(readMigrations({ folder: join(within, place), within }), { code: 'refused', hint: /copy/ });
    }
    assert.equal((await readMigrations({ folder: join(within, 'sql'), within: folder })).length, 1);
  });

  it('that is missing or is no text is refused with a remedy', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'islet-migrations-'));
    t.after(() => rm(folder, { recursive: true }));
    await assert.rejects(readMigrations({ folder: join(folder, 'no') }), { code: 'refused', hint: /make the folder/ });
    await writeFile(join(folder, '1.sql'), Buffer.from([0xff, 0xfe, 0x00]));
    await assert.rejects(readMigrations({ folder }), { code: 'refused', hint: /UTF-8/ });
  });
});

describe('running migrations', () => {
  it('plans anew after each, so that what someone else applied meanwhile is not applied twice', async () => {
    const files = [file('1.sql', 'CREATE TABLE a (x)'), file('2.sql', 'CREATE TABLE b (x)')];
    const database = new DatabaseSync(':memory:');
    const store = sqliteMigrationStore(database, () => new Date(0));
    const racing: MigrationStore = {
      recorded: () => store.recorded(),
      apply: async (migration) => {
        await store.apply(migration);
        return store.apply(migration);
      },
    };
    const outcome = await runMigrations(racing, files, AbortSignal.timeout(60_000));
    assert.deepEqual(outcome, { kind: 'migrated', applied: [] });
    assert.equal((await store.recorded()).length, 2);
  });
});

test("contract migrations are kept for later, are in nobody's way, and come when they are due", () => {
  const expand = file('2.sql', 'SELECT 2');
  const late = { ...file('1.contract.sql', 'SELECT 1'), isDue: false };
  const before = planMigrations([late, expand], []);
  assert.deepEqual(before.kind === 'pending' && [before.migrations.map(({ name }) => name), before.later], [
    ['2.sql'],
    ['1.contract.sql'],
  ]);
  const due = planMigrations([{ ...late, isDue: true }, expand], [recorded('2.sql', 'SELECT 2')]);
  assert.deepEqual(due.kind === 'pending' && due.migrations.map(({ name }) => name), ['1.contract.sql']);
  const next = [{ ...late, isDue: false }, expand, file('3.sql', 'SELECT 3')];
  const after = planMigrations(next, [recorded('2.sql', 'SELECT 2'), recorded('1.contract.sql', 'SELECT 1')]);
  assert.deepEqual(after.kind === 'pending' && [after.migrations.map(({ name }) => name), after.later], [
    ['3.sql'],
    [],
  ]);
});
