import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type DataDriver, layoutOf, type StoreObservation } from '@islet/driver';
import { serviceUser } from '@islet/supervise';
import { Client } from 'pg';
import { POSTGRES_FAILPOINTS } from '../src/index.ts';
import { makeWorld, openWorld, patience, query, type World } from './harness.ts';

const service = 'orders';
const request = { service, url: undefined };

describe('a PostgreSQL server', () => {
  let world: World;
  const url = async () => (await world.driver.connection({ service })).url;
  const rows = async () => (await query(await url(), 'SELECT x FROM kept')).map(({ x }) => x);

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(request, patience());
    await query(await url(), 'CREATE TABLE kept (x int); INSERT INTO kept VALUES (42)');
  });
  after(() => world.close());

  it('has every committed row after it was killed', async () => {
    const died = change(world.driver);
    process.kill(pidOf(await observe(world)), 'SIGKILL');
    await died;
    const stopped = await until(world, ({ kind }) => kind === 'stopped');
    assert.deepEqual(stopped, { kind: 'stopped', how: 'SIGKILL' });
    await world.driver.provision(request, patience());
    assert.deepEqual(await rows(), [42]);
  });

  it('serves on when the control plane ends, and is adopted by the next, not restarted', async () => {
    const pid = pidOf(await observe(world));
    world = await world.again();
    assert.equal((await observe(world)).kind, 'starting');
    assert.equal(pidOf(await until(world, ({ kind }) => kind === 'ready')), pid);
    await world.driver.provision(request, patience());
    assert.equal(pidOf(await observe(world)), pid);
    assert.deepEqual(await rows(), [42]);
  });

  it('is adopted too while its service has opened all the connections that it may', async () => {
    const { url, maxConnections = 0 } = await world.driver.connection({ service });
    const open = Array.from({ length: maxConnections }, () => new Client(url));
    try {
      await Promise.all(open.map((client) => client.connect()));
      await assert.rejects(query(url, 'SELECT 1'), { code: '53300' });
      world = await world.again();
      await until(world, ({ kind }) => kind === 'ready');
    } finally {
      await Promise.allSettled(open.map((client) => client.end()));
    }
  });

  it('whose data is gone is not silently begun anew', async () => {
    const folder = layoutOf.data(world.layout, service);
    await world.driver.stop({ service }, patience());
    await rename(join(folder, 'cluster'), join(folder, 'moved'));
    await assert.rejects(world.driver.provision(request, patience()), { code: 'refused', message: /is gone/ });
    assert.deepEqual(await readdir(folder), ['moved']);
    await rename(join(folder, 'moved'), join(folder, 'cluster'));
    await world.driver.provision(request, patience());
    assert.deepEqual(await rows(), [42]);
  });

  it('is not started on data of another version, and leaves it as it is', async () => {
    const file = join(layoutOf.data(world.layout, service), 'cluster', 'PG_VERSION');
    const version = await readFile(file, 'utf8');
    await world.driver.stop({ service }, patience());
    await writeFile(file, '15\n');
    const server = { version: undefined, binaries: 'npm' };
    await assert.rejects(world.driver.provision({ ...request, server }, patience()), {
      code: 'refused',
      message: /is of PostgreSQL 15: Islet brings PostgreSQL 18, and not 15/,
    });
    assert.equal((await observe(world)).kind, 'stopped');
    await writeFile(file, version);
    await world.driver.provision(request, patience());
    assert.deepEqual(await rows(), [42]);
  });

  it('moves to another port when a stranger took its own', async () => {
    const before = await world.driver.connection({ service });
    await world.driver.stop({ service }, patience());
    const stranger = createServer().listen({ host: '127.0.0.1', port: before.port });
    await once(stranger, 'listening');
    try {
      await world.driver.provision(request, patience());
      assert.notEqual((await world.driver.connection({ service })).port, before.port);
      assert.deepEqual(await rows(), [42]);
    } finally {
      stranger.close();
    }
  });

  it('starts although the number in its stale lock file is another process of its user by now', async () => {
    await world.driver.stop({ service }, patience());
    const user = await serviceUser({ system: world.system, service });
    const other = spawn('/bin/sleep', ['60'], user ? { uid: user.uid, gid: user.gid } : {});
    await once(other, 'spawn');
    try {
      const cluster = join(layoutOf.data(world.layout, service), 'cluster');
      await writeFile(join(cluster, 'postmaster.pid'), `${other.pid}\n${cluster}\n`);
      await world.driver.provision(request, patience());
      assert.deepEqual(await rows(), [42]);
    } finally {
      other.kill('SIGKILL');
    }
  });

  it('gives its superuser to no service: its own role owns one database and is nothing more', async () => {
    const sql =
      'SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls FROM pg_roles WHERE rolname = current_user';
    assert.deepEqual(Object.values((await query(await url(), sql))[0]!), [false, false, false, false, false]);
    await assert.rejects(query(await url(), "COPY kept FROM PROGRAM 'id'"), { code: '42501' });
  });

  it('compares text by Unicode and stores UTF-8, whatever the machine speaks', async () => {
    const sql =
      "SELECT upper('ä') AS upper, 'a' > 'B' AS bytes, current_setting('server_encoding') AS encoding, current_setting('TimeZone') AS zone";
    assert.deepEqual(
      { ...(await query(await url(), sql))[0] },
      { upper: 'Ä', bytes: true, encoding: 'UTF8', zone: 'UTC' },
    );
  });

  it('whose credentials are lost is refused with what to do, never made anew', async () => {
    await world.driver.stop({ service }, patience());
    const file = join(world.layout.state, 'credentials', `${service}.json`);
    const kept = `${file}.kept`;
    await rename(file, kept);
    world = await world.again();
    await assert.rejects(world.driver.provision(request, patience()), {
      code: 'refused',
      hint: /credentials\/orders\.json/,
    });
    await rename(kept, file);
    world = await world.again();
    await world.driver.provision(request, patience());
    assert.deepEqual(await rows(), [42]);
  });
});

describe('two services', () => {
  let world: World;
  const asRoot = process.getuid?.() === 0;

  before(async () => {
    world = await makeWorld();
    await Promise.all(
      ['left', 'right'].map((name) => world.driver.provision({ service: name, url: undefined }, patience())),
    );
  });
  after(() => world.close());

  it("can't log in with each other's credentials", async () => {
    const left = await world.driver.connection({ service: 'left' });
    const right = await world.driver.connection({ service: 'right' });
    const crossed = new URL(left.url);
    crossed.port = String(right.port);
    await assert.rejects(query(crossed.href, 'SELECT 1'), { code: '28P01' });
    await assert.rejects(query(right.url.replace(right.password!, ''), 'SELECT 1'));
    crossed.username = right.user!;
    crossed.pathname = right.name!;
    await assert.rejects(query(crossed.href, 'SELECT 1'), { code: '28P01' });
  });

  it(
    "can't read each other's data, nor anyone's credentials",
    { skip: !asRoot && 'needs root: without it there is one user' },
    async () => {
      const { uid, gid } = (await serviceUser({ system: world.system, service: 'right' }))!;
      const cluster = (name: string) => join(layoutOf.data(world.layout, name), 'cluster', 'PG_VERSION');
      const reads = async (file: string) => {
        const cat = spawn('/bin/cat', [file], { uid, gid, stdio: 'ignore' });
        return (await once(cat, 'close'))[0] === 0;
      };
      assert.equal(await reads(cluster('right')), true);
      assert.equal(await reads(cluster('left')), false);
      for (const name of ['left', 'right']) {
        assert.equal(await reads(join(world.layout.state, 'credentials', `${name}.json`)), false);
      }
    },
  );

  it('have clusters with different identifiers', async () => {
    const sql = 'SELECT system_identifier::text FROM pg_control_system()';
    const identifiers = await Promise.all(
      ['left', 'right'].map(
        async (name) => (await query((await world.driver.connection({ service: name })).url, sql))[0],
      ),
    );
    assert.notDeepEqual(identifiers[0], identifiers[1]);
  });
});

describe('a control plane that is killed', () => {
  const aside = `aside.${service}`;
  for (const failpoint of POSTGRES_FAILPOINTS) {
    it(`${failpoint.replace('postgres: ', '')} leaves what the next one completes or removes`, async () => {
      const root = await mkdtemp(join(tmpdir(), 'islet-postgres-'));
      await chmod(root, 0o711);
      const system = `killed${process.pid}-${POSTGRES_FAILPOINTS.indexOf(failpoint)}`;
      const folder = join(root, 'migrations');
      await mkdir(folder);
      await writeFile(join(folder, '1.sql'), 'CREATE TABLE kept (x int)');
      await writeFile(join(folder, '2.sql'), 'INSERT INTO kept VALUES (1)');

      const child = spawn(process.execPath, [CHILD, root, system, service, folder], {
        env: { ...process.env, ISLET_FAILPOINT: failpoint },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      assert.equal(await endOf(child), 'SIGKILL');

      const world = await openWorld(root, system);
      try {
        if (failpoint === 'postgres: after the data is gone') {
          assert.deepEqual(await observe(world), { kind: 'stopped', how: undefined });
          await world.driver.purge({ service }, patience());
          assert.deepEqual(await world.driver.observe(), {});
        }
        if (failpoint === 'postgres: after the new name' || failpoint === 'postgres: after the folder is renamed') {
          // Said again, it is brought to its end; and so is the way back.
          await world.driver.backups!.rename({ service, to: aside }, patience());
          assert.deepEqual(Object.keys(await world.driver.observe()), [aside]);
          await world.driver.backups!.rename({ service: aside, to: service }, patience());
        }
        if (failpoint === 'postgres: after the start') {
          const seen = await until(world, ({ kind }) => kind === 'stopped');
          assert.deepEqual(seen, { kind: 'stopped', how: 'it was not provisioned to the end' });
        }
        await world.driver.provision(request, patience());
        const outcome = await world.driver.migrate({ service, folder }, patience());
        assert.equal(outcome.kind, 'migrated');
        const { url } = await world.driver.connection({ service });
        assert.deepEqual(
          (await query(url, 'SELECT x FROM kept')).map(({ x }) => x),
          [1],
        );
        assert.deepEqual(await readdir(layoutOf.data(world.layout, service)), ['cluster']);
      } finally {
        await world.close();
      }
    });
  }
});

const CHILD = fileURLToPath(new URL('./provision-in-child.ts', import.meta.url));

async function endOf(child: ChildProcess): Promise<string | number | null> {
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return signal ?? code;
}

async function observe(world: World): Promise<StoreObservation> {
  return (await world.driver.observe())[service]!;
}

function pidOf(observation: StoreObservation): number {
  assert.equal(observation.kind, 'ready');
  return observation.kind === 'ready' ? observation.pid! : 0;
}

/** Looks again at each change, until it is so. */
async function until(world: World, is: (observation: StoreObservation) => boolean): Promise<StoreObservation> {
  const { signal } = patience();
  for (;;) {
    signal.throwIfAborted();
    const changed = change(world.driver);
    const observation = await observe(world);
    if (is(observation)) return observation;
    await Promise.race([changed, pause(5_000, undefined, { signal })]);
  }
}

function change(driver: DataDriver): Promise<void> {
  return new Promise((resolve) => {
    const watch = driver.watch(() => {
      watch[Symbol.dispose]();
      resolve();
    });
  });
}
