import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { migrationOf } from '@islet/driver/migrations';
import { hazardsIn, tablesNamed } from '../src/hazards/find.ts';
import { HAZARD_RULES } from '../src/hazards/model.ts';
import { refusalOf } from '../src/hazards/refusal.ts';
import { parseSql } from '../src/hazards/statements.ts';
import type { Catalog, TableFacts } from '../src/hazards/tables.ts';
import { transactionMode } from '../src/hazards/transaction.ts';

const GIB = 1024 ** 3;
const orders: TableFacts = {
  schema: 'public',
  name: 'orders',
  kind: 'table',
  bytes: 2 * GIB,
  columns: {
    id: { type: 'integer', notNull: true },
    note: { type: 'character varying(20)', notNull: false },
    price: { type: 'numeric(10,2)', notNull: false },
    at: { type: 'timestamp without time zone', notNull: false },
    paid: { type: 'boolean', notNull: false },
  },
  checks: { paid_known: 'CHECK ((paid IS NOT NULL))' },
};
const TABLES: readonly TableFacts[] = [
  orders,
  { ...orders, name: 'totals', kind: 'materialized view' },
  { ...orders, name: 'parts', kind: 'partitioned table' },
  { ...orders, name: 'tiny', bytes: 8192 },
  { ...orders, name: 'empty', bytes: 0 },
];
const catalog: Catalog = {
  table: ({ schemaname = 'public', relname }) =>
    TABLES.find(({ schema, name }) => schema === schemaname && name === relname),
  isVolatile: (name) => ['random', 'gen_random_uuid', 'clock_timestamp'].includes(name),
};

async function statementsOf(sql: string) {
  const parsed = await parseSql(sql);
  assert(parsed.kind === 'parsed', parsed.kind === 'unread' ? parsed.reason : '');
  return parsed.statements;
}

async function hazardsOf(sql: string) {
  return hazardsIn(migrationOf('1.sql', sql), await statementsOf(sql), catalog).hazards;
}

describe('on a large table', () => {
  const rows: readonly [string, ...string[]][] = [
    ['CREATE INDEX i ON orders (price)', 'index-blocks-writes'],
    ['CREATE UNIQUE INDEX i ON public.orders (price)', 'index-blocks-writes'],
    ['CREATE INDEX i ON parts (price)', 'index-blocks-writes'],
    ['CREATE INDEX CONCURRENTLY i ON orders (price)'],
    ['CREATE INDEX i ON tiny (price)'],
    ['CREATE INDEX i ON elsewhere.orders (price)'],
    ['CREATE TABLE fresh (x int); CREATE INDEX i ON fresh (x)'],
    ['ALTER TABLE orders ADD COLUMN c int NOT NULL', 'column-not-null'],
    ['ALTER TABLE tiny ADD COLUMN c int NOT NULL', 'column-not-null'],
    ['ALTER TABLE empty ADD COLUMN c int NOT NULL'],
    ['ALTER TABLE orders ADD COLUMN c int NOT NULL DEFAULT 0'],
    ['ALTER TABLE orders ADD COLUMN c timestamptz DEFAULT now()'],
    ['ALTER TABLE orders ADD COLUMN c timestamptz DEFAULT clock_timestamp()', 'column-default-rewrites'],
    ["ALTER TABLE orders ADD COLUMN c text DEFAULT upper('a' || gen_random_uuid()::text)", 'column-default-rewrites'],
    ['ALTER TABLE tiny ADD COLUMN c float DEFAULT random()'],
    ['ALTER TABLE orders ADD COLUMN c bigserial', 'column-default-rewrites'],
    ['ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS IDENTITY', 'column-default-rewrites'],
    ['ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS (id * 2) STORED', 'column-default-rewrites'],
    ['ALTER TABLE orders ADD COLUMN c int GENERATED ALWAYS AS (id * 2) VIRTUAL'],
    ['ALTER TABLE orders ADD COLUMN c int UNIQUE', 'column-builds-index'],
    ['ALTER TABLE orders ADD COLUMN c int REFERENCES tiny (id)'],
    ['ALTER TABLE orders ADD COLUMN c int DEFAULT 1 REFERENCES tiny (id)', 'constraint-scans'],
    ['ALTER TABLE orders ADD COLUMN c int CHECK (c > 0)', 'constraint-scans'],
    ['ALTER TABLE orders ALTER id TYPE bigint', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER note TYPE text'],
    ['ALTER TABLE orders ALTER note TYPE varchar(40)'],
    ['ALTER TABLE orders ALTER note TYPE varchar'],
    ['ALTER TABLE orders ALTER note TYPE varchar(10)', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER note TYPE int USING note::int', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER price TYPE numeric(12,2)'],
    ['ALTER TABLE orders ALTER price TYPE numeric'],
    ['ALTER TABLE orders ALTER price TYPE numeric(12,3)', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER price TYPE numeric(8,2)', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER at TYPE timestamptz', 'column-type-rewrites'],
    ['ALTER TABLE orders ALTER at TYPE timestamp'],
    ['ALTER TABLE orders ALTER id TYPE int4'],
    ['ALTER TABLE orders ALTER note SET NOT NULL', 'set-not-null-scans'],
    ['ALTER TABLE orders ALTER paid SET NOT NULL'],
    ['ALTER TABLE orders ALTER id SET NOT NULL'],
    ['ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES tiny (id)', 'constraint-scans'],
    ['ALTER TABLE orders ADD FOREIGN KEY (id) REFERENCES tiny (id) NOT VALID'],
    ['ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0)', 'constraint-scans'],
    ['ALTER TABLE orders ADD CONSTRAINT c CHECK (price > 0) NOT VALID'],
    ['ALTER TABLE orders VALIDATE CONSTRAINT c'],
    ['ALTER TABLE orders ADD PRIMARY KEY (id)', 'constraint-builds-index'],
    ['ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX i'],
    ['ALTER TABLE orders ADD EXCLUDE USING gist (id WITH =)', 'constraint-builds-index'],
    ['ALTER TABLE orders SET UNLOGGED', 'storage-rewrites'],
    ['ALTER TABLE orders SET TABLESPACE fast', 'storage-rewrites'],
    ['ALTER TABLE orders ALTER note SET DEFAULT 1'],
    ['VACUUM FULL orders', 'table-rewritten'],
    ['VACUUM orders'],
    ['CLUSTER orders USING i', 'table-rewritten'],
    ['REINDEX TABLE orders', 'table-rewritten'],
    ['REINDEX TABLE CONCURRENTLY orders'],
    ['LOCK TABLE orders', 'table-locked'],
    ['LOCK TABLE tiny IN SHARE MODE', 'table-locked'],
    ['LOCK TABLE orders IN ROW EXCLUSIVE MODE'],
    ['REFRESH MATERIALIZED VIEW totals', 'view-refresh-blocks-reads'],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY totals'],
    ['UPDATE orders SET paid = true', 'update-of-all-rows'],
    ['UPDATE orders SET paid = true WHERE id < 1000'],
    ['UPDATE tiny SET paid = true'],
    ['DELETE FROM orders', 'update-of-all-rows'],
    ['TRUNCATE orders, tiny, empty', 'table-emptied', 'table-emptied'],
    ['ALTER TABLE tiny RENAME note TO remark', 'rename'],
    ['ALTER TABLE tiny RENAME TO small', 'rename'],
    ['ALTER INDEX i RENAME TO j'],
    ['ALTER TABLE tiny DROP COLUMN note', 'drop'],
    ['DROP TABLE IF EXISTS tiny, public.orders, missing', 'drop', 'drop'],
    ['DROP INDEX i'],
    ['ALTER TABLE orders ADD COLUMN c int UNIQUE DEFAULT random()', 'column-default-rewrites', 'column-builds-index'],
  ];
  for (const [sql, ...rules] of rows) {
    it(`${sql} is ${rules.join(' and ') || 'no hazard'}`, async () => {
      assert.deepEqual(
        (await hazardsOf(sql)).map(({ rule }) => rule),
        rules,
      );
    });
  }

  it('every rule is shown by one of these', () => {
    const shown = new Set(rows.flatMap(([, ...rules]) => rules));
    assert.deepEqual(
      HAZARD_RULES.filter((rule) => !shown.has(rule)),
      [],
    );
  });
});

describe('a file', () => {
  it('whose constraint proves that a column is never NULL may say so without a scan', async () => {
    const safe = `
      ALTER TABLE orders ADD CONSTRAINT known CHECK (note IS NOT NULL) NOT VALID;
      ALTER TABLE orders VALIDATE CONSTRAINT known;
      ALTER TABLE orders ALTER note SET NOT NULL;`;
    assert.deepEqual(await hazardsOf(safe), []);
    const unproven = safe.replace('VALIDATE CONSTRAINT known', 'VALIDATE CONSTRAINT other');
    assert.deepEqual(
      (await hazardsOf(unproven)).map(({ rule }) => rule),
      ['set-not-null-scans'],
    );
  });

  it('is told by line, table, size and the safe way', async () => {
    const hazards = await hazardsOf(
      '-- Prices are looked for: "ü"\n/* two\nlines */\n\nCREATE INDEX by_price ON orders (price);',
    );
    assert.equal(
      refusalOf(hazards),
      '1.sql:5: on public.orders (2.0 GiB) it builds by_price while nobody may write the table [index-blocks-writes]; ' +
        'instead: CREATE INDEX CONCURRENTLY, in a file of its own. Nothing of the file ran; to run it as it is, write ' +
        '"-- islet: allow index-blocks-writes" into it',
    );
  });

  it('that says it means it is let through, and only for what it names', async () => {
    const allowed = '-- islet: allow index-blocks-writes\nCREATE INDEX i ON orders (price);';
    assert.equal(refusalOf(await hazardsOf(allowed)), undefined);
    assert.match(refusalOf(await hazardsOf(`${allowed} VACUUM FULL orders`)) ?? '', /allow table-rewritten"/);
  });

  it('that only breaks what runs is told, and not refused', async () => {
    const hazards = await hazardsOf('ALTER TABLE orders DROP COLUMN note');
    assert.equal(hazards.length, 1);
    assert.equal(refusalOf(hazards), undefined);
  });

  it('of contract may take away, and still may not block', async () => {
    const sql = 'ALTER TABLE orders DROP COLUMN note; CREATE INDEX i ON orders (price)';
    const { hazards } = hazardsIn(migrationOf('2.contract.sql', sql), await statementsOf(sql), catalog);
    assert.deepEqual(
      hazards.map(({ rule }) => rule),
      ['index-blocks-writes'],
    );
  });

  it('names its tables wherever they stand', async () => {
    const statements = await statementsOf(
      'WITH x AS (SELECT 1 FROM a) UPDATE b SET c = 1 FROM d; DROP TABLE s.e; ALTER TABLE f ADD FOREIGN KEY (x) REFERENCES g',
    );
    assert.deepEqual(tablesNamed(statements).toSorted(), ['a', 'b', 'd', 'e', 'f', 'g']);
  });

  it('that no parser reads is left to the server', async () => {
    const parsed = await parseSql('CREATE TABEL a (x int)');
    assert.deepEqual(parsed, { kind: 'unread', reason: 'syntax error at or near "TABEL"' });
  });

  const modes: readonly [string, string][] = [
    ['CREATE TABLE a (x int)', 'inside'],
    [
      'CREATE INDEX CONCURRENTLY i ON a (x); DROP INDEX CONCURRENTLY j; VACUUM a; REINDEX INDEX CONCURRENTLY i',
      'outside',
    ],
    ['CREATE TABLE a (x int); CREATE INDEX CONCURRENTLY i ON a (x)', 'mixed'],
    ['-- islet: no-transaction\nCREATE TABLE a (x int); CREATE INDEX CONCURRENTLY i ON a (x)', 'outside'],
    ['ANALYZE a', 'inside'],
  ];
  for (const [sql, mode] of modes) {
    it(`${sql.replaceAll('\n', ' ')} runs ${mode} of a transaction`, async () => {
      assert.equal(transactionMode(migrationOf('1.sql', sql), await statementsOf(sql)).kind, mode);
    });
  }
});
