import assert from 'node:assert/strict';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { layoutOf } from '@islet/driver';
import { dataConformance } from '@islet/driver/conformance';
import { removeOwnedFolder } from '@islet/driver/owned-folder';
import { Records } from '@islet/driver/records';
import type { Series } from '@islet/driver/server';
import { withClient } from '../src/client.ts';
import { missingServer } from '../src/index.ts';
import type { RedisRecord } from '../src/records.ts';
import { refusalOf, type ServerVersion } from '../src/server-version.ts';
import { wordsOf } from '../src/shell.ts';
import { makeHarness, makeWorld, PATH, patience, STORE_WORDS, send } from './harness.ts';

dataConformance('data-redis', () => makeHarness(), { ownsData: true, words: STORE_WORDS });

describe('a Redis server', () => {
  const request = { service: 'carts', url: undefined };
  let world: Awaited<ReturnType<typeof makeWorld>>;
  const connection = () => world.driver.connection({ service: 'carts' });
  const ready = async () => {
    const { signal } = patience();
    for (;;) {
      const seen = (await world.driver.observe()).carts;
      if (seen?.kind === 'ready') return seen;
      await new Promise((resume) => setImmediate(resume));
      signal.throwIfAborted();
    }
  };

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(request, patience());
  });
  after(async () => {
    await world.close();
  });

  it('has what was written after it was killed', async () => {
    const { pid } = await ready();
    await send(await connection(), 'SET', 'a', '1');
    // It is in the file before it is answered; only a power cut could take the last second.
    process.kill(pid!, 'SIGKILL');
    const { signal } = patience();
    while ((await world.driver.observe()).carts?.kind !== 'stopped') {
      await new Promise((resume) => setImmediate(resume));
      signal.throwIfAborted();
    }
    await world.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'a'), '1');
  });

  it('has the transactions and the scripts too that it answered before it was started anew', async () => {
    const { port, user, password } = await connection();
    await withClient({ port: port!, user: user!, password: password! }, patience().signal, async (ask) => {
      await Promise.all([ask('MULTI'), ask('INCR', 'counted'), ask('INCR', 'counted'), ask('EXEC')]);
      await ask('EVAL', "redis.call('INCR', KEYS[1]); redis.call('INCR', KEYS[1])", '1', 'counted');
    });
    await world.driver.stop({ service: 'carts' }, patience());
    await world.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'counted'), '4');
  });

  it('is adopted, not restarted, by the next control plane', async () => {
    const { pid } = await ready();
    world = await world.again();
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
    const run = (text: string, write = false) => world.driver.shell!.run({ service: 'carts', text, write }, patience());
    assert.deepEqual(await run('SET "b c" \'d e\';', true), {
      kind: 'rows',
      columns: ['reply'],
      rows: [['OK']],
      more: false,
    });
    assert.deepEqual(await run('GET "b c"'), { kind: 'rows', columns: ['reply'], rows: [['d e']], more: false });
    const scripts = ['EVAL "return 1" 0', 'EVAL_RO "return 1" 0', 'FCALL_RO f 0'];
    const others = ['CLIENT PAUSE 1', 'CLIENT KILL TYPE normal', 'CLIENT NO-EVICT on', 'PUBLISH a b', 'SORT a STORE b'];
    for (const text of ['SET x 1', 'DEL a', 'GETEX a', 'FLUSHALL', 'CONFIG GET dir', ...scripts, ...others]) {
      assert.match(JSON.stringify(await run(text)), /"failed".*NOPERM|permission/, text);
    }
    assert.equal((await run('GET "a')).kind, 'failed');
  });

  it('changes settings while it runs, and nobody loses a connection', async () => {
    const { port, user, password } = await connection();
    const { pid } = await ready();
    await withClient({ port: port!, user: user!, password: password! }, patience().signal, async (ask) => {
      const id = await ask('CLIENT', 'ID');
      await world.driver.provision({ ...request, settings: { maxmemory: '9000000', appendonly: 'no' } }, patience());
      assert.match(String(await ask('INFO', 'memory')), /maxmemory:9000000/);
      assert.equal(await ask('CLIENT', 'ID'), id);
    });
    assert.deepEqual((await ready()).settings, { maxmemory: '9000000', appendonly: 'no' });
    await world.driver.provision(request, patience());
    assert.match(String(await send(await connection(), 'INFO', 'persistence')), /aof_enabled:1/);
    assert.equal((await ready()).pid, pid);
    await assert.rejects(world.driver.provision({ ...request, settings: { maxmemory: 'plenty' } }, patience()), {
      code: 'refused',
    });
  });

  it('ends who is inside by what was replaced, and nobody else', async () => {
    const login = async () => {
      const { port, user, password } = await connection();
      return { port: port!, user: user!, password: password! };
    };
    await withClient(await login(), patience().signal, async (old) => {
      await world.driver.credentials!.rotate({ service: 'carts' }, patience());
      await withClient(await login(), patience().signal, async (own) => {
        assert.equal(await old('PING'), 'PONG');
        await world.driver.credentials!.retire({ service: 'carts' }, patience());
        await assert.rejects(old('PING'));
        assert.equal(await own('PING'), 'PONG');
      });
    });
  });

  it('takes settings at its next start', async () => {
    await world.driver.stop({ service: 'carts' }, patience());
    const settings = { maxmemory: '8mb', 'maxmemory-policy': 'allkeys-lru' };
    await world.driver.provision({ ...request, settings }, patience());
    const outcome = await send(await connection(), 'INFO', 'memory');
    assert.match(String(outcome), /maxmemory:8388608[\s\S]*maxmemory_policy:allkeys-lru/);
  });

  it('whose data folder is gone is not begun anew with an empty one', async () => {
    await world.driver.stop({ service: 'carts' }, patience());
    const data = join(layoutOf.redis(world.layout, 'carts'), 'data');
    await rename(data, `${data}.away`);
    await assert.rejects(world.driver.provision(request, patience()), { code: 'refused', message: /it is gone/ });
    await rename(`${data}.away`, data);
    await world.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'a'), '1');
  });

  it('is not started on what a newer one has written, and a cache is', async () => {
    const records = () => new Records<RedisRecord>(join(world.layout.state, 'redis'));
    const before = records().get('carts')!;
    assert.ok(before.server !== undefined, 'it is noted');
    await world.driver.stop({ service: 'carts' }, patience());
    await records().write({ ...records().get('carts')!, server: { product: 'redis', series: '99.0' } });
    world = await world.again();
    assert.match((await world.driver.refusal!(request))?.message ?? '', /of Redis 99\.0, and this machine has/);
    await assert.rejects(world.driver.provision(request, patience()), {
      code: 'refused',
      hint: /install Redis 99\.0/,
    });
    await records().write({ ...records().get('carts')!, server: before.server });
    world = await world.again();
    await world.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'a'), '1');
  });

  it('of a cache begins anew', async () => {
    await world.driver.provision({ ...request, settings: { appendonly: 'no' } }, patience());
    await world.driver.stop({ service: 'carts' }, patience());
    const data = join(layoutOf.redis(world.layout, 'carts'), 'data');
    await rename(data, `${data}.away`);
    await world.driver.provision(request, patience());
    assert.equal(await send(await connection(), 'GET', 'a'), null);
    await world.driver.stop({ service: 'carts' }, patience());
    await removeOwnedFolder(data);
    await rename(`${data}.away`, data);
  });

  it('that ends at its start says why', async () => {
    await world.driver.stop({ service: 'carts' }, patience());
    const settings = { maxmemory: 'plenty' };
    await assert.rejects(world.driver.provision({ ...request, settings }, patience()), {
      code: 'unavailable',
      message: /ended at its start/,
    });
    await world.driver.stop({ service: 'carts' }, patience());
    await world.driver.provision(request, patience());
  });
});

describe('data of another server', () => {
  const server = (text: string): ServerVersion => {
    const [product, series] = text.split(' ') as [ServerVersion['product'], Series];
    return { product, series };
  };
  for (const [made, here, isRead] of [
    ['redis 7.0', 'redis 7.0', true],
    ['redis 6.2', 'redis 7.0', true],
    ['redis 7.2', 'redis 7.0', false],
    ['redis 8.0', 'redis 7.10', false],
    ['redis 7.2', 'valkey 9.1', true],
    ['redis 7.4', 'valkey 9.1', false],
    ['valkey 8.1', 'redis 7.2', true],
    ['valkey 8.1', 'redis 7.0', false],
    ['valkey 9.0', 'redis 8.2', false],
    ['valkey 8.1', 'valkey 9.1', true],
    ['valkey 9.1', 'valkey 8.1', false],
  ] as const)
    it(`of ${made} ${isRead ? 'is' : 'is not'} read by ${here}`, () => {
      const refused = refusalOf('carts', { made: server(made), here: server(here) });
      assert.equal(refused === undefined, isRead);
      if (refused !== undefined) assert.match(refused.message, /which can't read it/);
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
