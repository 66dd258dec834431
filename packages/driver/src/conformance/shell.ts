import assert from 'node:assert/strict';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CallOptions } from '../compute.ts';
import type { MigrateOutcome } from '../data.ts';
import { SHELL_LIMITS } from '../shell.ts';
import { type DataHarness, plain } from './data-harness.ts';
import type { OptionalPart } from './data-traits.ts';

export interface RuleKit {
  rule(sentence: string, service: string, body: () => Promise<void>): void;
  /** Whether the driver has this part, as its traits declare. */
  readonly has: (part: OptionalPart) => boolean;
  readonly options: () => CallOptions;
  readonly folder: () => string;
  readonly harness: () => DataHarness;
  readonly provision: (service: string) => Promise<void>;
  readonly migrate: (service: string, files: Readonly<Record<string, string>>) => Promise<MigrateOutcome>;
}

/** Of a store that people look into by SQL. */
export function shellRules({ rule, has, options, folder, harness, provision, migrate }: RuleKit): void {
  rule('shows what is stored, and changes nothing unless it may', 'shown', async () => {
    const { shell } = harness().driver;
    if (!has('shell') || shell === undefined) return;
    await provision('shown');
    const run = (text: string, write = false) => shell.run({ service: 'shown', text, write }, options());
    assert.equal((await run('CREATE TABLE kept (x int, y text)', true)).kind, 'done');
    assert.equal((await run("INSERT INTO kept VALUES (1, 'a'), (2, NULL)", true)).kind, 'done');
    assert.deepEqual(await run('SELECT x, y FROM kept ORDER BY x;'), {
      kind: 'rows',
      columns: ['x', 'y'],
      rows: [
        [1, 'a'],
        [2, null],
      ],
      more: false,
    });
    for (const text of ['INSERT INTO kept VALUES (3)', 'COMMIT; INSERT INTO kept VALUES (3)', 'DROP TABLE kept', '']) {
      assert.equal((await run(text)).kind, 'failed', text);
    }
    assert.match(JSON.stringify(await run('SELECT wrong FROM kept')), /"failed".*wrong/);
    const many = await run(
      'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT i FROM n',
    );
    assert(many.kind === 'rows');
    assert.ok(many.more);
    assert.equal(many.rows.length, SHELL_LIMITS.rows);
  });

  rule('seeds from files, each whole, as often as it is asked', 'seeded', async () => {
    const { shell } = harness().driver;
    if (!has('shell') || shell === undefined) return;
    await provision('seeded');
    await migrate('seeded', { '1.sql': 'CREATE TABLE kept (x int)' });
    const seeds = await mkdtemp(join(folder(), 'seeds-'));
    await writeFile(join(seeds, '1.sql'), 'DELETE FROM kept;\nINSERT INTO kept VALUES (1)');
    await writeFile(join(seeds, '2.sql'), 'INSERT INTO kept VALUES (2);');
    const seed = () => shell.seed({ service: 'seeded', folder: seeds }, options());
    for (let turn = 0; turn < 2; turn++) assert.deepEqual(await seed(), { kind: 'seeded', files: ['1.sql', '2.sql'] });
    await writeFile(join(seeds, '2.sql'), 'INSERT INTO kept VALUES (3);\nINSERT INTO missing VALUES (3)');
    const outcome = await seed();
    assert.equal(outcome.kind === 'failed' && outcome.file, '2.sql');
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /2\.sql.*missing/);
    assert.deepEqual(plain(await harness().query('seeded', 'SELECT x FROM kept')), [{ x: 1 }]);
    assert.deepEqual(await migrate('seeded', { '1.sql': 'CREATE TABLE kept (x int)' }), {
      kind: 'migrated',
      applied: [],
    });
  });
}
