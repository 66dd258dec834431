import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { MigrateOutcome, StoreConnection, StoreObservation } from '../data.ts';
import { STORE_METRICS, type StoreMetricName } from '../store-metrics.ts';
import type { DataHarness } from './data-harness.ts';
import { type DataTraits, type OptionalPart, SQL } from './data-traits.ts';
import { migrationRules } from './migrations.ts';
import { shellRules } from './shell.ts';

const DEADLINE_MS = 60_000;

/** The rules that every data driver keeps. One harness serves all of them, each with a service of its own. */
export function dataConformance(
  name: string,
  open: () => Promise<DataHarness>,
  { ownsData, words = SQL, schemaIsTransactional = true, lacks = [] }: DataTraits,
): void {
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

    /**
     * What it leaves out is as declared: a rule that is passed over because a part got lost would be missed by nobody.
     */
    const has = (part: OptionalPart) => {
      const isThere = harness.driver[part] !== undefined;
      assert.equal(
        isThere,
        !lacks.includes(part),
        `the driver ${isThere ? 'has' : 'lacks'} ${part}, its traits say else`,
      );
      return isThere;
    };

    /** A service of its own, gone at the end. */
    const rule = (sentence: string, service: string, body: () => Promise<void>) =>
      it(sentence, async () => {
        try {
          await body();
        } finally {
          await harness.driver.stop({ service }, options());
          await harness.driver.purge({ service }, options());
        }
      });

    const make = async (service: string) => words.make && harness.query(service, words.make);
    const put = (service: string, x: number) => harness.query(service, words.put(x));
    const stored = async (service: string) => (await harness.query(service, words.read)).map(({ x }) => x);
    /** Nothing, in a store that never had the list. */
    const found = (service: string) => stored(service).catch((): unknown[] => []);

    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'islet-conformance-'));
      harness = await open();
    });
    after(async () => {
      await harness.close();
      await rm(folder, { recursive: true });
    });

    rule('has no connection before the store is provisioned', 'unborn', async () => {
      await assert.rejects(harness.driver.connection({ service: 'unborn' }), { code: 'not-found' });
      if (words === SQL) await assert.rejects(migrate('unborn', {}), { code: 'not-found' });
      assert.equal(await observe('unborn'), undefined);
    });

    rule('provisions twice as it provisions once', 'twice', async () => {
      await provision('twice');
      const connection = await harness.driver.connection({ service: 'twice' });
      await make('twice');
      await put('twice', 1);
      await provision('twice');
      assert.deepEqual(await harness.driver.connection({ service: 'twice' }), connection);
      assert.deepEqual(await stored('twice'), [1]);
    });

    rule('provisions once when asked twice at the same time', 'at-once', async () => {
      await Promise.all([provision('at-once'), provision('at-once')]);
      await make('at-once');
      await put('at-once', 1);
      assert.equal((await observe('at-once'))?.kind, 'ready');
    });

    rule('keeps data over stop and provision', 'sleeper', async () => {
      await provision('sleeper');
      await make('sleeper');
      await put('sleeper', 42);
      await harness.driver.stop({ service: 'sleeper' }, options());
      assert.equal((await observe('sleeper'))?.kind, 'stopped');
      await provision('sleeper');
      assert.deepEqual(await stored('sleeper'), [42]);
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
        await make('left');
        await put('left', 1);
        assert.deepEqual(await found('right'), []);
        const [left, right] = await Promise.all(
          ['left', 'right'].map((service) => harness.driver.connection({ service })),
        );
        assert.notEqual(left?.url, right?.url);
      } finally {
        await harness.driver.stop({ service: 'right' }, options());
        await harness.driver.purge({ service: 'right' }, options());
      }
    });

    rule('says how large it is, and how much is done in it', 'measured', async () => {
      const { driver } = harness;
      if (!has('measure')) return;
      const measure = () => driver.measure?.({ service: 'measured' }, options());
      await assert.rejects(async () => measure(), { code: 'not-found' });
      await provision('measured');
      await make('measured');
      const before = await measure();
      for (let x = 0; x < 5; x++) await put('measured', x);
      const { signal } = options();
      // Servers count a little later.
      const done = async () => ((await measure())?.commits ?? 0) - (before?.commits ?? 0);
      // Of a file that nobody has open, nobody counts.
      const isCounted = before?.file === undefined;
      while (isCounted && (await done()) < 5) signal.throwIfAborted();
      const after = await measure();
      assert.match(after?.version ?? '', /^\d+\.\d+/);
      assert.ok((after?.bytes ?? 0) > 0);
      assert.ok(after?.connections === undefined || after.connections.open <= after.connections.most);
      assert.deepEqual(after?.slow, []);
    });

    rule('counts what is done in it, from its start on', 'counted', async () => {
      const { driver } = harness;
      if (!has('metrics')) return;
      const metrics = () => driver.metrics?.({ service: 'counted' }, options());
      await assert.rejects(async () => metrics(), { code: 'not-found' });
      await provision('counted');
      await make('counted');
      const before = (await metrics()) ?? {};
      for (let x = 0; x < 5; x++) await put('counted', x);
      const { signal } = options();
      let after = (await metrics()) ?? {};
      const done = (name: StoreMetricName) => (after[name] ?? 0) - (before[name] ?? 0);
      const counters = Object.keys(before).filter((name): name is StoreMetricName => isCounter(name));
      // Servers count a little later; a file has nobody who counts.
      while (counters.length > 0 && Math.max(...counters.map(done)) < 5) {
        signal.throwIfAborted();
        after = (await metrics()) ?? {};
      }
      for (const name of counters) assert.ok(done(name) >= 0, `${name} has gone back`);
      for (const [name, value] of Object.entries(after)) {
        assert.ok(name in STORE_METRICS, `${name} is no name of a metric`);
        assert.ok(Number.isFinite(value) && value >= 0, `${name} is ${value}`);
      }
      assert.ok((after['db.size'] ?? 0) > 0);
      assert.ok((after['db.connections'] ?? 0) <= (after['db.connections.max'] ?? 0));
    });

    rule('renews credentials without a moment in which nobody is let in', 'renewed', async () => {
      const { credentials } = harness.driver;
      const { queryWith } = harness;
      assert.equal(credentials === undefined, queryWith === undefined);
      if (!has('credentials') || credentials === undefined || queryWith === undefined) return;
      const connection = () => harness.driver.connection({ service: 'renewed' });
      const replaced = async () => {
        const seen = await observe('renewed');
        return seen?.kind === 'ready' && seen.replacedAt !== undefined;
      };
      const known = (one: StoreConnection) => harness.driver.passwords?.values().includes(one.password ?? '');
      let changes = harness.driver.passwords?.changes();
      const isNew = () => {
        const before = changes;
        changes = harness.driver.passwords?.changes();
        return changes !== before;
      };
      await provision('renewed');
      const first = await connection();
      assert.ok(known(first) && isNew(), 'whoever redacts knows a password as soon as a service can have it');
      if (words.make) await queryWith(first, words.make);
      for (let turn = 1, old = first; turn <= 3; turn++) {
        await credentials.rotate({ service: 'renewed' }, options());
        const next = await connection();
        assert.notEqual(next.password, old.password);
        assert.ok(await replaced());
        assert.ok(isNew() && known(old) && known(next));
        await credentials.rotate({ service: 'renewed' }, options());
        assert.deepEqual(await connection(), next, 'at most two hold');
        await queryWith(old, words.put(turn * 10));
        await queryWith(next, words.put(turn * 10 + 1));
        await credentials.retire({ service: 'renewed' }, options());
        await credentials.retire({ service: 'renewed' }, options());
        assert.ok(!(await replaced()));
        assert.ok(isNew() && !known(old) && known(next));
        await assert.rejects(queryWith(old, words.read));
        old = next;
      }
      await harness.driver.stop({ service: 'renewed' }, options());
      await provision('renewed');
      const rows = await queryWith(await connection(), words.read);
      assert.deepEqual(
        rows.map(({ x }) => x),
        [10, 11, 20, 21, 30, 31],
      );
    });

    if (words === SQL) {
      const kit = { rule, has, options, folder: () => folder, harness: () => harness, provision, migrate };
      migrationRules(kit, { schemaIsTransactional });
      shellRules(kit);
      rule("makes what either credentials make the same owner's", 'owned', async () => {
        const { credentials } = harness.driver;
        const { queryWith } = harness;
        if (!has('credentials') || credentials === undefined || queryWith === undefined) return;
        await provision('owned');
        const old = await harness.driver.connection({ service: 'owned' });
        await credentials.rotate({ service: 'owned' }, options());
        const next = await harness.driver.connection({ service: 'owned' });
        await queryWith(next, 'CREATE TABLE made (x int)');
        await queryWith(old, 'DROP TABLE made');
        await queryWith(old, 'CREATE TABLE made (x int)');
        await credentials.retire({ service: 'owned' }, options());
        await queryWith(next, 'DROP TABLE made');
      });
    }

    rule('refuses to purge what runs, and leaves nothing when it stopped', 'purged', async () => {
      await provision('purged');
      await make('purged');
      await put('purged', 1);
      await assert.rejects(harness.driver.purge({ service: 'purged' }, options()), { code: 'refused' });
      assert.deepEqual(await stored('purged'), [1]);
      await harness.driver.stop({ service: 'purged' }, options());
      await harness.driver.purge({ service: 'purged' }, options());
      await harness.driver.purge({ service: 'purged' }, options());
      assert.equal(await observe('purged'), undefined);
      await assert.rejects(harness.driver.connection({ service: 'purged' }), { code: 'not-found' });
      if (!ownsData) return;
      await provision('purged');
      assert.deepEqual(await found('purged'), []);
    });

    rule('does nothing when it is told to give up', 'aborted', async () => {
      const signal = AbortSignal.abort();
      await assert.rejects(harness.driver.provision({ service: 'aborted', url: undefined }, { signal }));
      assert.equal(await observe('aborted'), undefined);
    });
  });
}

function isCounter(name: string): boolean {
  return name in STORE_METRICS && STORE_METRICS[name as StoreMetricName].kind === 'counter';
}
