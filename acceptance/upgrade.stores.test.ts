import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* A database of the machine's own PostgreSQL 15 becomes one of the 18 that comes with Islet, by the command line alone. */

const FILES = {
  'migrations/1.sql':
    'CREATE TABLE entries (id bigserial PRIMARY KEY, text text);\nINSERT INTO entries (text) VALUES (1);',
};
const OLD = { engine: 'postgres', migrations: 'migrations', version: 15, binaries: 'system' };
const NEW = { ...OLD, version: 18, binaries: 'npm' };
const checked = (min: number) => ({ drill: { check: [{ query: 'SELECT count(*) FROM entries', min }] } });

const makeLedger = () => makeSystem({ services: { ledger: { file: { database: OLD }, files: FILES } } });

/** What a person asks of the one service. */
function ledger(system: () => System) {
  const run = async (...words: string[]) => {
    const ended = await system().islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const query = async (sql: string) => {
    const client = new Client((await run('db', 'url', 'ledger')).trim());
    try {
      await client.connect();
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };
  return {
    run,
    query,
    declare: (database: object) => system().add('ledger', { file: { database }, files: FILES }),
    rows: async () => (await query('SELECT count(*)::int AS count FROM entries'))[0]?.count,
    version: async () => {
      const [store] = JSON.parse(await run('db', 'status', 'ledger', '--json')) as { version: string }[];
      return store?.version.split('.')[0];
    },
  };
}

describe('a database of an older PostgreSQL', () => {
  let system: System;
  let then = '';
  const { run, declare, query, rows, version } = ledger(() => system);
  const serves = async () => assert.equal((await system.service('ledger')).instances.ready, 1);

  before(async () => {
    system = await makeLedger();
    await system.up();
    await query("INSERT INTO entries (text) SELECT 'more' FROM generate_series(2, 5000)");
  });
  after(() => system[Symbol.asyncDispose]());

  it('is one of the machine, and says so', async () => {
    assert.equal(await version(), '15');
    assert.match(await run('db', 'status', 'ledger'), /programs +system: \/usr\/lib\/postgresql\/15\/bin/);
    assert.match(await run('describe', 'ledger'), /database\.version +15 .*service\.yaml/);
  });

  it('stays what it is where the file only names a newer one: nothing changes, and nothing stops', async () => {
    const pids = await system.pids('ledger');
    declare(NEW);
    const { code, stdout, stderr } = await system.islet('up');
    assert.notEqual(code, 0);
    assert.match(`${stdout}${stderr}`, /ledger\/service\.yaml:\d+:\d+.*of PostgreSQL 15, and not of 18/);
    assert.match(`${stdout}${stderr}`, /version: 15; or upgrade: copy/);
    assert.deepEqual(await system.pids('ledger'), pids);
    assert.equal(await version(), '15');
  });

  it('goes on where the copy does not pass the checks, and the command says so', async () => {
    declare({ ...NEW, upgrade: 'copy', ...checked(1_000_000) });
    const { code, stdout, stderr } = await system.islet('up', '--timeout', '170s');
    assert.notEqual(code, 0);
    assert.match(`${stdout}${stderr}`, /not what it was: SELECT count\(\*\) FROM entries: it is 5000/);
    assert.equal(await version(), '15');
    assert.equal(await rows(), 5000);
    await serves();
  });

  it('is backed up like every other, until then', async () => {
    await run('backup', 'now', 'ledger', '--timeout', '60s');
    // An instant with nothing written around it.
    await pause(50);
    then = new Date().toISOString();
    await pause(50);
    await query("INSERT INTO entries (text) VALUES ('later')");
    await query('DELETE FROM entries WHERE id > 5000');
    await query("UPDATE entries SET text = 'last' WHERE id = 5000");
  });

  it('is taken over whole where the file says how, and has room for the next row', async () => {
    declare({ ...NEW, upgrade: 'copy', ...checked(5000) });
    await system.up();
    assert.equal(await version(), '18');
    assert.equal(await rows(), 5000);
    assert.deepEqual(await query("INSERT INTO entries (text) VALUES ('new') RETURNING id::int"), [{ id: 5002 }]);
    await serves();
  });

  it('is backed up anew from then on', async () => {
    await run('backup', 'now', 'ledger', '--timeout', '60s');
    assert.match(await run('backup', 'verify', 'ledger'), /All is as it was stored/);
  });

  it('comes back as it was before, until that is deleted', async () => {
    await run('restore', 'ledger', '--undo', '--timeout', '170s');
    assert.equal(await version(), '15');
    assert.equal(await rows(), 5000);
    await serves();
    await system.up();
    assert.equal(await version(), '18');
    await run('restore', 'ledger', '--confirm');
    await system.up();
    assert.equal(await rows(), 5000);
  });

  it('of then comes back beside it by the programs that made it, and not in its place', async () => {
    for (const [to, last] of [
      [then, 'more'],
      ['before-upgrade', 'last'],
    ] as const) {
      const url = (await run('restore', 'ledger', '--to', to, '--as', 'before', '--timeout', '170s')).trim();
      const client = new Client(/postgres:\S+/.exec(url)?.[0]);
      await client.connect();
      const { rows: found } = await client.query(
        'SELECT count(*)::int, max(text) FILTER (WHERE id = 5000) AS last, left(version(), 13) AS of FROM entries',
      );
      await client.end();
      assert.deepEqual(found, [{ count: 5000, last, of: 'PostgreSQL 15' }], to);
      await run('restore', 'ledger', '--drop', 'before');
    }
    const { code, stderr, stdout } = await system.islet('restore', 'ledger', '--to', then, '--timeout', '170s');
    assert.notEqual(code, 0);
    assert.match(`${stdout}${stderr}`, /of PostgreSQL 15, and not of 18/);
    assert.equal(await version(), '18');
    assert.equal(await rows(), 5000);
    await serves();
  });
});

const KILLS = 4;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('is taken over whole, once, although the control plane is killed again and again meanwhile', async () => {
  await using system = await makeLedger();
  const { declare, query, rows, version } = ledger(() => system);
  await system.up();
  await query("INSERT INTO entries (text) SELECT repeat('x', 100) || x FROM generate_series(2, 200000) AS x");
  declare({ ...NEW, upgrade: 'copy' });
  const asked = system.start('up', '--timeout', '170s');
  const killed = new Set<number>();
  // Of whoever answers; one that was started to answer alone is gone at once.
  const takingOver = async () => {
    const { stdout } = await system.islet('status', '--json');
    const { processes, services } = JSON.parse(stdout) as Awaited<ReturnType<System['status']>>;
    if (killed.size > 0 && services[0]?.state === 'ready') return 'over';
    const { pid } = processes.controlPlane;
    return services[0]?.why.includes('taken over') && !killed.has(pid) && isAlive(pid) && pid;
  };
  // At instants further and further into it.
  for (let laterMs = 0; killed.size < KILLS; laterMs += 250) {
    const pid = await until('a control plane takes the data over', takingOver);
    if (pid === 'over') break;
    await pause(laterMs);
    if (!isAlive(pid)) continue;
    process.kill(pid, 'SIGKILL');
    killed.add(pid);
  }
  assert.ok(killed.size > 1, 'it was killed in the middle');
  await asked.ended;
  await system.up();
  assert.equal(await version(), '18');
  assert.equal(await rows(), 200_000);
});
