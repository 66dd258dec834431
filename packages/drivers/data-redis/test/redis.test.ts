import assert from 'node:assert/strict';
import { chmod, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { StoreConnection } from '@islet/driver';
import { dataConformance } from '@islet/driver/conformance';
import { openSupervisor, removeServiceUser } from '@islet/supervise';
import { withClient } from '../src/client.ts';
import { createRedis, missingServer, type Ports } from '../src/index.ts';
import { wordsOf } from '../src/shell.ts';

const PATH = '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin';
const WORDS = { make: undefined, put: (x: number) => `RPUSH kept ${x}`, read: 'LRANGE kept 0 -1' };

let worlds = 0;

async function makeWorld() {
  const root = await mkdtemp(join(tmpdir(), 'islet-redis-'));
  await chmod(root, 0o711);
  const system = `redis${process.pid}-${worlds++}`;
  const state = join(root, '.islet');
  await mkdir(state, { mode: 0o711 });
  const layout = { state, runtime: state };
  const services = new Set<string>();
  const open = async () => {
    const supervisor = await openSupervisor({ folder: join(state, 'processes'), system });
    const driver = createRedis({ layout, system, supervisor, ports: freePorts(), log: { info: () => {} }, path: PATH });
    const leave = async () => {
      await driver.close();
      await supervisor.close();
    };
    return { driver, supervisor, leave };
  };
  const close = async () => {
    for (const service of services) await removeServiceUser({ system, service });
    await rm(root, { recursive: true });
  };
  return { open, services, close, layout };
}

/** One after the other, below the ephemeral range; each test process begins elsewhere. */
function freePorts(): Ports {
  let next = 20_000 + (process.pid % 400) * 25;
  const kept = new Map<string, number>();
  return {
    take: async (name) => {
      let port = kept.get(name) ?? next++;
      while (!(await isFree(port))) port = next++;
      kept.set(name, port);
      return port;
    },
  };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)));
  });
}

async function send({ port, user, password }: StoreConnection, ...words: string[]): Promise<unknown> {
  const login = { port: port!, user: user!, password: password! };
  return withClient(login, patience().signal, (ask) => ask(...words));
}

/** Replies as rows of one `x` each. */
async function query(connection: StoreConnection, text: string) {
  const reply = await send(connection, ...text.split(' '));
  return [reply].flat().map((value) => ({ x: Number(value) }));
}

function patience(): { signal: AbortSignal } {
  return { signal: AbortSignal.timeout(60_000) };
}

dataConformance(
  'data-redis',
  async () => {
    const world = await makeWorld();
    const { driver, leave } = await world.open();
    return {
      driver,
      request: async (service) => {
        world.services.add(service);
        return { service, url: undefined };
      },
      query: async (service, text) => query(await driver.connection({ service }), text),
      queryWith: query,
      close: async () => {
        await leave();
        await world.close();
      },
    };
  },
  { ownsData: true, words: WORDS },
);

describe('a Redis server', () => {
  const request = { service: 'carts', url: undefined };
  let world: Awaited<ReturnType<typeof makeWorld>>;
  let opened: Awaited<ReturnType<typeof world.open>>;
  const connection = () => opened.driver.connection({ service: 'carts' });
  const ready = async () => {
    const { signal } = patience();
    for (;;) {
      const seen = (await opened.driver.observe()).carts;
      if (seen?.kind === 'ready') return seen;
      await new Promise((resume) => setImmediate(resume));
      signal.throwIfAborted();
    }
  };

  before(async () => {
    world = await makeWorld();
    world.services.add('carts');
    opened = await world.open();
    await opened.driver.provision(request, patience());
  });
  after(async () => {
    await opened.driver.stop({ service: 'carts' }, patience());
    await opened.driver.purge({ service: 'carts' }, patience());
    await opened.leave();
    await world.close();
  });

  it('has what was written after it was killed', async () => {
    const { pid } = await ready();
    await send(await connection(), 'SET', 'a', '1');
    // It is in the file before it is answered; only a power cut could take the last second.
    process.kill(pid!, 'SIGKILL');
    const { signal } = patience();
    while ((await opened.driver.observe()).carts?.kind !== 'stopped') {
      await new Promise((resume) => setImmediate(resume));
      signal.throwIfAborted();
    }
    await opened.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'a'), '1');
  });

  it('is adopted, not restarted, by the next control plane', async () => {
    const { pid } = await ready();
    await opened.leave();
    opened = await world.open();
    assert.equal((await ready()).pid, pid);
    assert.equal(await send(await connection(), 'PING'), 'PONG');
  });

  it('lets nobody in without a password, and no service near its settings or users', async () => {
    const own = await connection();
    for (const login of [
      { user: 'default', password: '' },
      { user: 'islet', password: own.password ?? '' },
    ]) {
      await assert.rejects(send({ ...own, ...login }, 'PING'), /WRONGPASS|NOAUTH/);
    }
    for (const words of [
      ['CONFIG', 'GET', 'dir'],
      ['ACL', 'LIST'],
      ['SHUTDOWN'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['MODULE', 'LIST'],
    ]) {
      await assert.rejects(send(own, ...words), /NOPERM/, words.join(' '));
    }
  });

  it('is looked into by a user that can change nothing', async () => {
    const run = (text: string, write = false) =>
      opened.driver.shell!.run({ service: 'carts', text, write }, patience());
    assert.deepEqual(await run('SET "b c" \'d e\';', true), {
      kind: 'rows',
      columns: ['reply'],
      rows: [['OK']],
      more: false,
    });
    assert.deepEqual(await run('GET "b c"'), { kind: 'rows', columns: ['reply'], rows: [['d e']], more: false });
    for (const text of ['SET x 1', 'DEL a', 'FLUSHALL', 'EVAL "return 1" 0', 'CONFIG GET dir']) {
      assert.match(JSON.stringify(await run(text)), /"failed".*NOPERM|permission/, text);
    }
    assert.equal((await run('GET "a')).kind, 'failed');
  });

  it('changes settings while it runs, and nobody loses a connection', async () => {
    const { port, user, password } = await connection();
    const { pid } = await ready();
    await withClient({ port: port!, user: user!, password: password! }, patience().signal, async (ask) => {
      const id = await ask('CLIENT', 'ID');
      await opened.driver.provision({ ...request, settings: { maxmemory: '9000000', appendonly: 'no' } }, patience());
      assert.match(String(await ask('INFO', 'memory')), /maxmemory:9000000/);
      assert.equal(await ask('CLIENT', 'ID'), id);
    });
    assert.deepEqual((await ready()).settings, { maxmemory: '9000000', appendonly: 'no' });
    await opened.driver.provision(request, patience());
    assert.match(String(await send(await connection(), 'INFO', 'persistence')), /aof_enabled:1/);
    assert.equal((await ready()).pid, pid);
    await assert.rejects(opened.driver.provision({ ...request, settings: { maxmemory: 'plenty' } }, patience()), {
      code: 'refused',
    });
  });

  it('ends who is inside by what was replaced, and nobody else', async () => {
    const login = async () => {
      const { port, user, password } = await connection();
      return { port: port!, user: user!, password: password! };
    };
    await withClient(await login(), patience().signal, async (old) => {
      await opened.driver.credentials!.rotate({ service: 'carts' }, patience());
      await withClient(await login(), patience().signal, async (own) => {
        assert.equal(await old('PING'), 'PONG');
        await opened.driver.credentials!.retire({ service: 'carts' }, patience());
        await assert.rejects(old('PING'));
        assert.equal(await own('PING'), 'PONG');
      });
    });
  });

  it('takes settings at its next start', async () => {
    await opened.driver.stop({ service: 'carts' }, patience());
    const settings = { maxmemory: '8mb', 'maxmemory-policy': 'allkeys-lru' };
    await opened.driver.provision({ ...request, settings }, patience());
    const outcome = await send(await connection(), 'INFO', 'memory');
    assert.match(String(outcome), /maxmemory:8388608[\s\S]*maxmemory_policy:allkeys-lru/);
  });

  it('that ends at its start says why', async () => {
    await opened.driver.stop({ service: 'carts' }, patience());
    const settings = { maxmemory: 'plenty' };
    await assert.rejects(opened.driver.provision({ ...request, settings }, patience()), {
      code: 'unavailable',
      message: /ended at its start/,
    });
    await opened.driver.stop({ service: 'carts' }, patience());
    await opened.driver.provision(request, patience());
  });
});

it('a machine without a server says what to install', () => {
  assert.equal(
    missingServer('/nowhere'),
    'valkey-server or redis-server is not installed: apt-get install redis-server',
  );
  assert.equal(missingServer(PATH), undefined);
});

describe('a command', () => {
  const rows: readonly [string, readonly string[] | undefined][] = [
    ['GET a', ['GET', 'a']],
    ['  GET  a ; ', ['GET', 'a']],
    ['SET "a b" \'c "d"\'', ['SET', 'a b', 'c "d"']],
    ['SET a ""', ['SET', 'a', '']],
    ['SET a "x\\"y"', ['SET', 'a', 'x"y']],
    ['SET a "x', undefined],
    ['', []],
  ];
  for (const [text, words] of rows)
    it(`${text || 'of nothing'} is taken apart`, () => assert.deepEqual(wordsOf(text), words));
});
