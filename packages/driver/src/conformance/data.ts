import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { MigrateOutcome, StoreObservation } from '../data.ts';
import { type DataHarness, plain } from './data-harness.ts';
import { shellRules } from './shell.ts';

export interface DataTraits {
  /** `purge` deletes what a service stored; false: an outside server keeps it. */
  readonly ownsData: boolean;
}

const DEADLINE_MS = 60_000;

/** The rules that every data driver keeps. One harness serves all of them, each with a service of its own. */
export function dataConformance(name: string, make: () => Promise<DataHarness>, { ownsData }: DataTraits): void {
  describe(`${name} keeps the contract of a data driver`, () => {
    let harness: DataHarness;
    let folder: string;
    const options = () => ({ signal: AbortSignal.timeout(DEADLINE_MS) });
    const provision = async (service: string) => harness.driver.provision(await harness.request(service), options());
    const observe = async (service: string) => (await harness.driver.observe())[service];
    const migrate = async (service: string, files: Readonly<Record<string, string>>): Promise<MigrateOutcome> => {
      const migrations = await mkdtemp(join(folder, 'migrations-'));
      for (const [file, sql] of Object.entries(files)) await writeFile(join(migrations, file), sql);
      return harness.driver.migrate({ service, folder: migrations }, options());
    };

    /** A service of its own, gone at the end. */
    const rule = (sentence: string, service: string, body: (t: TestContext) => Promise<void>) =>
      it(sentence, async (t) => {
        try {
          await body(t);
        } finally {
          await harness.driver.stop({ service }, options());
          await harness.driver.purge({ service }, options());
        }
      });

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'islet-conformance-'));
      harness = await make();
    });
    after(async () => {
      await harness.close();
      await rm(folder, { recursive: true });
    });

    rule('has no connection before the store is provisioned', 'unborn', async () => {
      await assert.rejects(harness.driver.connection({ service: 'unborn' }), { code: 'not-found' });
      await assert.rejects(migrate('unborn', {}), { code: 'not-found' });
      assert.equal(await observe('unborn'), undefined);
    });

    rule('provisions twice as it provisions once', 'twice', async () => {
      await provision('twice');
      const connection = await harness.driver.connection({ service: 'twice' });
      await harness.query('twice', 'CREATE TABLE kept (x int)');
      await provision('twice');
      assert.deepEqual(await harness.driver.connection({ service: 'twice' }), connection);
      assert.deepEqual(await harness.query('twice', 'SELECT x FROM kept'), []);
    });

    rule('provisions once when asked twice at the same time', 'at-once', async () => {
      await Promise.all([provision('at-once'), provision('at-once')]);
      await harness.query('at-once', 'CREATE TABLE kept (x int)');
      assert.equal((await observe('at-once'))?.kind, 'ready');
    });

    rule('keeps data over stop and provision', 'sleeper', async () => {
      await provision('sleeper');
      await harness.query('sleeper', 'CREATE TABLE kept (x int)');
      await harness.query('sleeper', 'INSERT INTO kept VALUES (42)');
      await harness.driver.stop({ service: 'sleeper' }, options());
      assert.equal((await observe('sleeper'))?.kind, 'stopped');
      await provision('sleeper');
      assert.deepEqual(plain(await harness.query('sleeper', 'SELECT x FROM kept')), [{ x: 42 }]);
    });

    rule('observes what is, and tells when it changes', 'watched', async () => {
      let calls = 0;
      using _watch = harness.driver.watch(() => calls++);
      const seen: (StoreObservation['kind'] | undefined)[] = [(await observe('watched'))?.kind];
      await provision('watched');
      const afterProvision = calls;
      seen.push((await observe('watched'))?.kind);
      await harness.driver.stop({ service: 'watched' }, options());
      seen.push((await observe('watched'))?.kind);
      assert.deepEqual(seen, [undefined, 'ready', 'stopped']);
      assert.ok(afterProvision > 0 && calls > afterProvision);
    });

    rule('stops what is stopped, and what never was', 'idle', async () => {
      await harness.driver.stop({ service: 'idle' }, options());
      await provision('idle');
      await harness.driver.stop({ service: 'idle' }, options());
      await harness.driver.stop({ service: 'idle' }, options());
      assert.equal((await observe('idle'))?.kind, 'stopped');
    });

    rule('keeps two services apart', 'left', async () => {
      await provision('left');
      await provision('right');
      try {
        await harness.query('left', 'CREATE TABLE mine (x int)');
        await assert.rejects(harness.query('right', 'SELECT x FROM mine'));
        const [left, right] = await Promise.all(
          ['left', 'right'].map((service) => harness.driver.connection({ service })),
        );
        assert.notEqual(left?.url, right?.url);
      } finally {
        await harness.driver.stop({ service: 'right' }, options());
        await harness.driver.purge({ service: 'right' }, options());
      }
    });

    rule('applies each migration once, in order', 'migrated', async () => {
      await provision('migrated');
      const first = { '2_fill.sql': 'INSERT INTO log VALUES (2)', '1_make.sql': 'CREATE TABLE log (x int);' };
      assert.deepEqual(await migrate('migrated', first), { kind: 'migrated', applied: ['1_make.sql', '2_fill.sql'] });
      assert.deepEqual(await migrate('migrated', first), { kind: 'migrated', applied: [] });
      const second = { ...first, '10_more.sql': 'INSERT INTO log VALUES (10); INSERT INTO log VALUES (11);\n' };
      assert.deepEqual(await migrate('migrated', second), { kind: 'migrated', applied: ['10_more.sql'] });
      assert.deepEqual(plain(await harness.query('migrated', 'SELECT x FROM log ORDER BY x')), [
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
      await assert.rejects(harness.query('tampered', 'SELECT x FROM b'));
    });

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
      assert.deepEqual(await harness.query('failing', 'SELECT x FROM a'), []);
      await assert.rejects(harness.query('failing', 'SELECT x FROM b'));
      await assert.rejects(harness.query('failing', 'SELECT x FROM c'));
      assert.deepEqual(await migrate('failing', { ...good, '2.sql': 'CREATE TABLE b (x int)' }), {
        kind: 'migrated',
        applied: ['2.sql'],
      });
    });

    rule(
      'refuses a migration that would end its own transaction, before anything of it ran',
      'committing',
      async () => {
        await provision('committing');
        const outcome = await migrate('committing', { '1.sql': 'CREATE TABLE a (x int);\nCOMMIT;' });
        assert.match(outcome.kind === 'failed' ? outcome.reason : '', /1\.sql:2: COMMIT/);
        await assert.rejects(harness.query('committing', 'SELECT x FROM a'));
      },
    );

    rule('applies a migration once when two migrate at the same time', 'raced', async () => {
      await provision('raced');
      const files = { '1.sql': 'CREATE TABLE a (x int)', '2.sql': 'INSERT INTO a VALUES (1)' };
      const outcomes = await Promise.all([migrate('raced', files), migrate('raced', files)]);
      assert.deepEqual(
        outcomes.flatMap((outcome) => (outcome.kind === 'migrated' ? outcome.applied : [outcome.reason])).toSorted(),
        ['1.sql', '2.sql'],
      );
      assert.deepEqual(plain(await harness.query('raced', 'SELECT x FROM a')), [{ x: 1 }]);
    });

    rule('renews credentials without a moment in which nobody is let in', 'renewed', async () => {
      const { credentials } = harness.driver;
      const { queryWith } = harness;
      assert.equal(credentials === undefined, queryWith === undefined);
      if (credentials === undefined || queryWith === undefined) return;
      const connection = () => harness.driver.connection({ service: 'renewed' });
      const replaced = async () => {
        const seen = await observe('renewed');
        return seen?.kind === 'ready' && seen.replacedAt !== undefined;
      };
      await provision('renewed');
      const first = await connection();
      await queryWith(first, 'CREATE TABLE kept (x int)');
      for (let turn = 1, old = first; turn <= 3; turn++) {
        await credentials.rotate({ service: 'renewed' }, options());
        const next = await connection();
        assert.notEqual(next.password, old.password);
        assert.ok(await replaced());
        await credentials.rotate({ service: 'renewed' }, options());
        assert.deepEqual(await connection(), next, 'at most two hold');
        await queryWith(old, `INSERT INTO kept VALUES (${turn})`);
        // What either makes is the service's, whoever comes after.
        await queryWith(next, `CREATE TABLE made_${turn} (x int)`);
        await provision('renewed');
        await queryWith(old, `DROP TABLE made_${turn}`);
        await credentials.retire({ service: 'renewed' }, options());
        await credentials.retire({ service: 'renewed' }, options());
        assert.ok(!(await replaced()));
        await assert.rejects(queryWith(old, 'SELECT 1'));
        await queryWith(next, `CREATE TABLE own_${turn} (x int)`);
        old = next;
      }
      const last = await connection();
      assert.deepEqual(plain(await queryWith(last, 'SELECT x FROM kept ORDER BY x')), [{ x: 1 }, { x: 2 }, { x: 3 }]);
      await queryWith(last, 'DROP TABLE own_1');
      await harness.driver.stop({ service: 'renewed' }, options());
      await provision('renewed');
      await queryWith(last, 'SELECT x FROM kept');
    });

    shellRules({ rule, options, folder: () => folder, harness: () => harness, provision, migrate });

    rule('refuses to purge what runs, and leaves nothing when it stopped', 'purged', async () => {
      await provision('purged');
      await harness.query('purged', 'CREATE TABLE kept (x int)');
      await assert.rejects(harness.driver.purge({ service: 'purged' }, options()), { code: 'refused' });
      assert.deepEqual(await harness.query('purged', 'SELECT x FROM kept'), []);
      await harness.driver.stop({ service: 'purged' }, options());
      await harness.driver.purge({ service: 'purged' }, options());
      await harness.driver.purge({ service: 'purged' }, options());
      assert.equal(await observe('purged'), undefined);
      await assert.rejects(harness.driver.connection({ service: 'purged' }), { code: 'not-found' });
      if (!ownsData) return;
      await provision('purged');
      await assert.rejects(harness.query('purged', 'SELECT x FROM kept'));
    });

    rule('does nothing when it is told to give up', 'aborted', async () => {
      const signal = AbortSignal.abort();
      await assert.rejects(harness.driver.provision({ service: 'aborted', url: undefined }, { signal }));
      assert.equal(await observe('aborted'), undefined);
    });
  });
}
