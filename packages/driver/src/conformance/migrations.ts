import assert from 'node:assert/strict';
import { plain } from './data-harness.ts';
import type { RuleKit } from './shell.ts';

/** Of a store with a schema. */
export function migrationRules(
  kit: RuleKit,
  { schemaIsTransactional }: { readonly schemaIsTransactional: boolean },
): void {
  const { rule, harness, provision, migrate } = kit;
  if (schemaIsTransactional) wholeFiles(kit);
  else statements(kit);

  rule('applies each migration once, in order', 'migrated', async () => {
    await provision('migrated');
    const first = { '2_fill.sql': 'INSERT INTO log VALUES (2)', '1_make.sql': 'CREATE TABLE log (x int);' };
    assert.deepEqual(await migrate('migrated', first), { kind: 'migrated', applied: ['1_make.sql', '2_fill.sql'] });
    assert.deepEqual(await migrate('migrated', first), { kind: 'migrated', applied: [] });
    const second = { ...first, '10_more.sql': 'INSERT INTO log VALUES (10); INSERT INTO log VALUES (11);\n' };
    assert.deepEqual(await migrate('migrated', second), { kind: 'migrated', applied: ['10_more.sql'] });
    assert.deepEqual(plain(await harness().query('migrated', 'SELECT x FROM log ORDER BY x')), [
      { x: 2 },
      { x: 10 },
      { x: 11 },
    ]);
  });

  rule('has nothing to do for an older revision with fewer migrations', 'rolled-back', async () => {
    await provision('rolled-back');
    await migrate('rolled-back', { '1.sql': 'CREATE TABLE a (x int)', '2.sql': 'CREATE TABLE b (x int)' });
    assert.deepEqual(await migrate('rolled-back', { '1.sql': 'CREATE TABLE a (x int)' }), {
      kind: 'migrated',
      applied: [],
    });
  });

  rule('finds that an applied migration was changed', 'tampered', async () => {
    await provision('tampered');
    await migrate('tampered', { '1.sql': 'CREATE TABLE a (x int)' });
    const outcome = await migrate('tampered', {
      '1.sql': 'CREATE TABLE a (y int)',
      '2.sql': 'CREATE TABLE b (x int)',
    });
    assert.equal(outcome.kind === 'failed' && outcome.migration, '1.sql');
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /tampered: 1\.sql was applied/);
    await assert.rejects(harness().query('tampered', 'SELECT x FROM b'));
  });

  rule('refuses a migration that would end its own transaction, before anything of it ran', 'committing', async () => {
    await provision('committing');
    const outcome = await migrate('committing', { '1.sql': 'CREATE TABLE a (x int);\nCOMMIT;' });
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /1\.sql:2: COMMIT/);
    await assert.rejects(harness().query('committing', 'SELECT x FROM a'));
  });

  rule('applies a migration once when two migrate at the same time', 'raced', async () => {
    await provision('raced');
    const files = { '1.sql': 'CREATE TABLE a (x int)', '2.sql': 'INSERT INTO a VALUES (1)' };
    const outcomes = await Promise.all([migrate('raced', files), migrate('raced', files)]);
    assert.deepEqual(
      outcomes.flatMap((outcome) => (outcome.kind === 'migrated' ? outcome.applied : [outcome.reason])).toSorted(),
      ['1.sql', '2.sql'],
    );
    assert.deepEqual(plain(await harness().query('raced', 'SELECT x FROM a')), [{ x: 1 }]);
  });
}

function wholeFiles({ rule, harness, provision, migrate }: RuleKit): void {
  rule('leaves the store as before a migration that fails, with those before it applied', 'failing', async () => {
    await provision('failing');
    const good = { '1.sql': 'CREATE TABLE a (x int)' };
    const outcome = await migrate('failing', {
      ...good,
      '2.sql': 'CREATE TABLE b (x int);\nINSERT INTO a VALUES (1);\nINSERT INTO missing VALUES (1);',
      '3.sql': 'CREATE TABLE c (x int)',
    });
    assert.equal(outcome.kind === 'failed' && outcome.migration, '2.sql');
    assert.match(outcome.kind === 'failed' ? outcome.reason : '', /2\.sql.*missing/);
    assert.deepEqual(await harness().query('failing', 'SELECT x FROM a'), []);
    await assert.rejects(harness().query('failing', 'SELECT x FROM b'));
    await assert.rejects(harness().query('failing', 'SELECT x FROM c'));
    assert.deepEqual(await migrate('failing', { ...good, '2.sql': 'CREATE TABLE b (x int)' }), {
      kind: 'migrated',
      applied: ['2.sql'],
    });
  });
}

function statements({ rule, harness, provision, migrate }: RuleKit): void {
  rule('says what is in of a migration that fails, and goes on from there when it is mended', 'failing', async () => {
    await provision('failing');
    const first = { '1.sql': 'CREATE TABLE a (x int)' };
    const text = 'CREATE TABLE b (x int);\nINSERT INTO a VALUES (1);\n';
    const broken = { ...first, '2.sql': `${text}INSERT INTO missing VALUES (1);`, '3.sql': 'CREATE TABLE c (x int)' };
    for (let turn = 0; turn < 2; turn++) {
      const outcome = await migrate('failing', broken);
      assert.equal(outcome.kind === 'failed' && outcome.migration, '2.sql');
      assert.match(outcome.kind === 'failed' ? outcome.reason : '', /2\.sql:3.*missing.*2 of its 3 statements/);
    }
    assert.deepEqual(plain(await harness().query('failing', 'SELECT x FROM a')), [{ x: 1 }]);
    await assert.rejects(harness().query('failing', 'SELECT x FROM c'));
    const changed = await migrate('failing', {
      ...first,
      '2.sql': 'CREATE TABLE b (y int);\nINSERT INTO a VALUES (1);',
    });
    assert.match(
      changed.kind === 'failed' ? changed.reason : '',
      /first 2 statements are in already, and have changed/,
    );
    const mended = { ...first, '2.sql': `${text}INSERT INTO b VALUES (2);` };
    assert.deepEqual(await migrate('failing', mended), { kind: 'migrated', applied: ['2.sql'] });
    assert.deepEqual(plain(await harness().query('failing', 'SELECT x FROM a UNION SELECT x FROM b')), [
      { x: 1 },
      { x: 2 },
    ]);
  });
}
