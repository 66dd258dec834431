import assert from 'node:assert/strict';
import { access, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { DriverError, layoutOf, type StoreObservation } from '@islet/driver';
import { Records } from '@islet/driver/records';
import type { Series } from '@islet/driver/server';
import { withConnection } from '../src/connect.ts';
import { createMariadbReader, missingServer } from '../src/index.ts';
import type { MariadbRecord } from '../src/record.ts';
import { makeWorld, PATH, patience, query, type World } from './harness.ts';

describe('a MariaDB server', () => {
  const request = { service: 'carts', url: undefined };
  let world: World;
  const connection = () => world.driver.connection({ service: 'carts' });
  const ask = async (sql: string) => query(await connection(), sql);
  const observed = async <K extends 'ready' | 'stopped'>(kind: K) => {
    for (const { signal } = patience(); ; await pause(20)) {
      signal.throwIfAborted();
      const seen = (await world.driver.observe()).carts;
      if (seen?.kind === kind) return seen as Extract<StoreObservation, { kind: K }>;
    }
  };
  const pid = async () => {
    return (await observed('ready')).pid;
  };

  /** As another server has it, in the folder that all share. */
  const othersTable = join(tmpdir(), `#sql-temptable-${process.pid.toString(16)}-1-1.MAD`);

  before(async () => {
    await writeFile(othersTable, '');
    world = await makeWorld();
    await world.driver.provision(request, patience());
    await ask('CREATE TABLE kept (x int)');
  });
  after(async () => {
    await world.close();
    await rm(othersTable);
  });

  it("leaves other servers' temporary tables alone, and nobody finds its own", async () => {
    await access(othersTable);
    const [row] = await ask('SELECT @@tmpdir AS folder');
    assert.equal(row?.folder, join(layoutOf.mariadb(world.layout, 'carts'), 'tmp'));
    assert.equal((await stat(String(row?.folder))).mode & 0o777, 0o700);
  });

  it('has what was acknowledged before it was killed, and its log has it too', async () => {
    const source = await world.driver.backups!.source({ service: 'carts' }, patience());
    await ask('INSERT INTO kept VALUES (1)');
    process.kill((await pid())!, 'SIGKILL');
    await observed('stopped');
    await world.driver.provision(request, patience());
    assert.deepEqual(await ask('SELECT x FROM kept'), [{ x: 1 }]);
    const stop = new AbortController();
    const bytes: Uint8Array[] = [];
    const { follow } = createMariadbReader(PATH);
    for await (const chunk of follow!({ source, from: undefined }, { signal: stop.signal })) {
      bytes.push(chunk.bytes);
      if (chunk.at > 0) break;
    }
    // Of the server that was killed, and of the one that came after it.
    assert.ok(Buffer.concat(bytes).includes('CREATE TABLE kept'));
    assert.ok(bytes.length > 0);
  });

  it('has a log that is read to its end also when it has stopped: nothing is left out before a newer one takes over', async () => {
    const source = await world.driver.backups!.source({ service: 'carts' }, patience());
    await ask('CREATE TABLE last_words (x int)');
    await world.driver.stop({ service: 'carts' }, patience());
    const stoppedAt = Date.now();
    const bytes: Uint8Array[] = [];
    for await (const chunk of createMariadbReader(PATH).follow!({ source, from: undefined }, patience())) {
      bytes.push(chunk.bytes);
      if (chunk.at >= stoppedAt) break;
    }
    assert.ok(Buffer.concat(bytes).includes('CREATE TABLE last_words'));
    await world.driver.provision(request, patience());
  });

  it('lets nobody write who may only look, also by what the service made', async () => {
    const run = (text: string) => world.driver.shell!.run({ service: 'carts', text, write: false }, patience());
    for (const text of [
      'CREATE TABLE looked_at (x int)',
      'CREATE SEQUENCE numbers',
      'CREATE FUNCTION add_one() RETURNS int DETERMINISTIC BEGIN INSERT INTO looked_at VALUES (1); RETURN 1; END',
      'CREATE VIEW adding AS SELECT add_one() AS x',
      'CREATE PROCEDURE told() BEGIN SELECT 1 AS first; SELECT 2 AS second; END',
    ]) {
      await ask(text);
    }
    for (const text of [
      'SELECT x FROM adding',
      'SELECT add_one()',
      'SELECT NEXTVAL(numbers)',
      'SET STATEMENT tx_read_only = 0 FOR SELECT x FROM adding',
      'COMMIT; SELECT x FROM adding',
      'DELIMITER //\nBEGIN NOT ATOMIC COMMIT; SET SESSION TRANSACTION READ WRITE; SELECT x FROM adding; END//',
      "SELECT 1 INTO OUTFILE '/tmp/islet-looked-at'",
    ]) {
      const outcome = await run(text);
      assert.equal(outcome.kind, 'failed', `${text}: ${JSON.stringify(outcome)}`);
    }
    assert.deepEqual(await ask('SELECT count(*) AS written FROM looked_at'), [{ written: 0 }]);
    const told = await world.driver.shell!.run({ service: 'carts', text: 'CALL told()', write: true }, patience());
    assert.deepEqual(told, { kind: 'rows', columns: ['second'], rows: [[2]], more: false });
  });

  it('is adopted, not restarted, by the next control plane', async () => {
    const before = await pid();
    world = await world.again();
    assert.equal(await pid(), before);
    assert.deepEqual(await ask('SELECT 1 AS x'), [{ x: 1 }]);
  });

  it('that does not know its service is not ready, as when whoever made it was killed on the way', async () => {
    const { port } = await connection();
    const file = join(world.layout.state, 'mariadb', 'carts.json');
    const { adminPassword } = JSON.parse(await readFile(file, 'utf8')) as { adminPassword: string };
    const where = { port: port!, login: 'islet', password: adminPassword, database: undefined };
    await withConnection(where, patience().signal, (admin) => admin.query("DROP USER carts@'127.0.0.1'"));
    world = await world.again();
    assert.match((await observed('stopped')).how ?? '', /not provisioned to the end/);
    await world.driver.provision(request, patience());
    assert.deepEqual(await ask('SELECT x FROM kept'), [{ x: 1 }]);
  });

  it('lets nobody in without a password, and no service near what is the server’s', async () => {
    const own = await connection();
    for (const user of ['root', 'islet', 'islet_reader', ''])
      for (const password of ['', own.password])
        await assert.rejects(query({ ...own, user, password }, 'SELECT 1'), /Access denied/, user);
    for (const sql of [
      'SELECT * FROM mysql.global_priv',
      'SET GLOBAL max_connections = 1',
      "CREATE USER 'x'@'127.0.0.1'",
      "SELECT 1 INTO OUTFILE 'x'",
      'PURGE BINARY LOGS BEFORE NOW()',
      'SHUTDOWN',
    ])
      await assert.rejects(ask(sql), /denied|need/i, sql);
  });

  it('changes settings while it runs, and nobody loses a connection', async () => {
    const before = await pid();
    const set = (settings: Record<string, string>) => world.driver.provision({ ...request, settings }, patience());
    await set({ innodb_buffer_pool_size: '48M', max_allowed_packet: '16M' });
    const read = 'SELECT @@innodb_buffer_pool_size AS pool, @@GLOBAL.max_allowed_packet AS packet';
    assert.deepEqual(await ask(read), [{ pool: 48 * 1024 ** 2, packet: 16 * 1024 ** 2 }]);
    await set({});
    assert.deepEqual(await ask(read), [{ pool: 32 * 1024 ** 2, packet: 64 * 1024 ** 2 }]);
    for (const [name, value] of [
      ['port', '1'],
      ['no_such_thing', '1'],
      ['innodb_page_size', '4096'],
      ['max_allowed_packet', 'plenty'],
    ] as const)
      await assert.rejects(set({ [name]: value }), { code: 'refused', message: new RegExp(name) }, name);
    assert.equal(await pid(), before);
  });

  it('takes limits while it runs, holds its service to them, and nobody loses a connection', async () => {
    const before = await pid();
    const limits = { memoryBytes: 256 * 1024 ** 2, connections: 3 };
    const read = 'SELECT @@innodb_buffer_pool_size AS pool, @@max_connections AS most';
    const { port, user, password, name } = await connection();
    const where = { port: port!, login: user!, password: password!, database: name };
    await withConnection(where, patience().signal, async (open) => {
      await world.driver.provision({ ...request, limits }, patience());
      assert.deepEqual((await open.query(read))[0], [{ pool: 128 * 1024 ** 2, most: 26 }]);
    });
    assert.equal((await connection()).maxConnections, 3);
    const enough = Promise.withResolvers<void>();
    const begun = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
    const inside = begun.map((here) =>
      withConnection(where, patience().signal, async () => {
        here.resolve();
        await enough.promise;
      }),
    );
    await Promise.all(begun.map(({ promise }) => promise));
    await assert.rejects(ask('SELECT 1'), /max_user_connections/);
    assert.ok(await world.driver.measure!({ service: 'carts' }, patience()), 'Islet itself still gets in');
    await world.driver.credentials!.rotate({ service: 'carts' }, patience());
    assert.deepEqual(await ask('SELECT 1 AS x'), [{ x: 1 }], 'old and new may each have all of theirs');
    enough.resolve();
    await Promise.all(inside);
    await world.driver.credentials!.retire({ service: 'carts' }, patience());
    const seen = await observed('ready');
    assert.deepEqual(seen.kind === 'ready' && seen.limits, limits);
    const settings = { innodb_buffer_pool_size: '48M' };
    await world.driver.provision({ ...request, limits, settings }, patience());
    await world.driver.stop({ service: 'carts' }, patience());
    await world.driver.provision({ ...request, limits, settings }, patience());
    assert.deepEqual(await ask(read), [{ pool: 48 * 1024 ** 2, most: 26 }], 'its own settings win');
    await world.driver.provision(request, patience());
    assert.deepEqual(await ask(read), [{ pool: 32 * 1024 ** 2, most: 100 }]);
    assert.notEqual(await pid(), before);
  });

  it('does not touch data of another version, unless it is told to take that of an older one over', async () => {
    // Each reads what is on the disk.
    const records = () => new Records<MariadbRecord>(join(world.layout.state, 'mariadb'));
    const made = async (series: Series) => {
      await world.driver.stop({ service: 'carts' }, patience());
      world = await world.again(() => records().write({ ...records().get('carts')!, series }));
    };
    const { series: here } = records().get('carts')!;
    assert.ok(here !== undefined, 'it is noted');
    const upgrade = 'in-place';
    await made('99.1');
    for (const wish of [request, { ...request, upgrade } as const]) {
      assert.match((await world.driver.refusal!(wish))?.message ?? '', /of MariaDB 99\.1, and this machine has/);
      await assert.rejects(world.driver.provision(wish, patience()), {
        code: 'refused',
        hint: /install MariaDB 99\.1/,
      });
    }
    await made('10.2');
    assert.match((await world.driver.refusal!(request))?.hint ?? '', /database\.upgrade: in-place/);
    await assert.rejects(world.driver.provision(request, patience()), { code: 'refused' });
    await observed('stopped');
    assert.equal(await world.driver.refusal!({ ...request, upgrade }), undefined);
    const unsafe = new DriverError('unavailable', 'it is not backed up');
    const asked: string[] = [];
    const refuse = async (to: string) => {
      asked.push(to);
      throw unsafe;
    };
    await assert.rejects(world.driver.provision({ ...request, upgrade, beforeUpgrade: refuse }, patience()), unsafe);
    await observed('stopped');
    assert.deepEqual([asked, records().get('carts')?.series], [[`MariaDB ${here}`], '10.2'], 'as it was');
    const upgraded = { ...request, upgrade, beforeUpgrade: async (to: string) => void asked.push(to) } as const;
    await world.driver.provision(upgraded, patience());
    await world.driver.provision(upgraded, patience());
    assert.equal(asked.length, 2, 'once more, and not for what runs');
    assert.deepEqual(await ask('SELECT x FROM kept'), [{ x: 1 }]);
    assert.equal(records().get('carts')?.series, here);
    assert.equal(await world.driver.refusal!(request), undefined);
    // Who began is not to be followed by one that is older.
    await made('10.2');
    await world.driver.stop({ service: 'carts' }, patience());
    world = await world.again(() => records().write({ ...records().get('carts')!, takenOverBy: '99.1' }));
    assert.match((await world.driver.refusal!({ ...request, upgrade }))?.message ?? '', /of MariaDB 99\.1/);
    world = await world.again(() => records().write({ ...records().get('carts')!, takenOverBy: here }));
    await world.driver.provision(upgraded, patience());
    assert.equal(asked.length, 2, 'nothing is backed up of a takeover that was begun');
    assert.equal(records().get('carts')?.takenOverBy, undefined);
  });

  it('whose data is gone is not silently begun anew', async () => {
    const folder = layoutOf.mariadb(world.layout, 'carts');
    await world.driver.stop({ service: 'carts' }, patience());
    await rename(join(folder, 'data'), join(folder, 'moved'));
    await assert.rejects(world.driver.provision(request, patience()), { code: 'refused', message: /is gone/ });
    await rename(join(folder, 'moved'), join(folder, 'data'));
    await world.driver.provision(request, patience());
    assert.deepEqual(await ask('SELECT x FROM kept'), [{ x: 1 }]);
  });
});

it('a machine without its programs says what to install', () => {
  assert.match(
    missingServer('/nowhere') ?? '',
    /mariadbd.*apt-get install mariadb-server mariadb-client mariadb-backup/,
  );
  assert.equal(missingServer(PATH), undefined);
});
