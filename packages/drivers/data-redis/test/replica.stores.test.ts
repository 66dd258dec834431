import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { CopyFacts, LogChunk, LogPosition, StoreConnection } from '@islet/driver';
import { reach } from '../src/backup/server.ts';
import { parseSource } from '../src/backup/source.ts';
import { withClient } from '../src/client.ts';
import { createRedisReader } from '../src/index.ts';
import { makeWorld, patience, send, type World } from './harness.ts';

describe('who follows a Redis server as a replica', () => {
  const reader = createRedisReader();
  const service = 'carts';
  let world: World;
  const source = () => world.driver.backups!.source({ service }, patience());
  const ask = async (...words: string[]) => send(await world.driver.connection({ service }), ...words);
  const remove = async (store: string) => {
    await world.driver.stop({ service: store }, patience());
    await world.driver.purge({ service: store }, patience());
  };
  /** Until a chunk is enough. */
  const follow = async (from: LogPosition | undefined, enough: (chunk: LogChunk) => boolean | Promise<boolean>) => {
    const chunks: LogChunk[] = [];
    for await (const chunk of reader.follow!({ source: await source(), from }, patience())) {
      chunks.push(chunk);
      if (await enough(chunk)) break;
    }
    return chunks;
  };
  const copy = async () => {
    const parts: Uint8Array[] = [];
    const copying = reader.copy(await source(), patience());
    for (;;) {
      const next = await copying.next();
      if (next.done) return { facts: next.value, parts };
      parts.push(Uint8Array.from(next.value));
    }
  };
  async function* stream<T>(items: readonly T[]) {
    yield* items;
  }
  const restore = async (facts: CopyFacts, parts: readonly Uint8Array[], log: readonly LogChunk[]) => {
    const target = { kind: 'latest' } as const;
    const request = { service: 'branch.carts', facts, bytes: stream(parts), log: stream(log), target };
    await world.driver.backups!.restore(request, patience());
    return world.driver.connection({ service: 'branch.carts' });
  };

  before(async () => {
    world = await makeWorld();
    await world.driver.provision({ service, url: undefined }, patience());
  });
  after(() => world.close());

  it('may do nothing else', async () => {
    using wire = await reach(parseSource(await source()), patience().signal);
    for (const words of [
      ['GET', 'a'],
      ['SET', 'a', '1'],
      ['CONFIG', 'GET', 'dir'],
      ['REPLICAOF', 'NO', 'ONE'],
      ['KEYS', '*'],
    ]) {
      wire.send(...words);
      await assert.rejects(wire.line(), /NOPERM/, words.join(' '));
    }
  });

  it('goes on where it was, and hears of what was changed meanwhile', async () => {
    const [first] = await follow(undefined, ({ at }) => at > 0);
    await ask('SET', 'meanwhile', 'it');
    const later = await follow(first!.to, ({ bytes }) => Buffer.from(bytes).includes('meanwhile'));
    assert.equal(later[0]?.from, first?.to);
  });

  it('answers whoever waits for a replica only when what it heard is stored', async () => {
    const own = await world.driver.connection({ service });
    await withClient({ port: own.port!, user: own.user!, password: own.password! }, patience().signal, async (run) => {
      let waiting: Promise<unknown> | undefined;
      let isAnswered = false;
      let wasSeen = false;
      await follow(undefined, async ({ bytes }) => {
        if (waiting === undefined) {
          await run('SET', 'waited-for', '1');
          waiting = run('WAIT', '1', '60000').finally(() => {
            isAnswered = true;
          });
        } else if (Buffer.from(bytes).includes('waited-for')) {
          // This is being stored just now. Whatever is said to who waits would have been said by then.
          await ask('PING');
          assert.equal(isAnswered, false);
          wasSeen = true;
        }
        return wasSeen && isAnswered;
      });
      assert.equal(await waiting, 1);
    });
  });

  it('is told that a server which was started anew has another stream, which comes after the one before', async () => {
    const [before] = await follow(undefined, ({ at }) => at > 0);
    await world.driver.stop({ service }, patience());
    await world.driver.provision({ service, url: undefined }, patience());
    await assert.rejects(
      follow(before!.to, () => true),
      { code: 'not-found' },
    );
    const [next] = await follow(undefined, ({ at }) => at > 0);
    assert.ok(next!.from > before!.to);
  });

  it('does not take another server for the one that it was told of', async () => {
    const old = await source();
    const { pid } = (await world.driver.observe())[service] as { pid: number };
    process.kill(pid, 'SIGKILL');
    for (const { signal } = patience(); (await world.driver.observe())[service]?.kind !== 'stopped'; await pause(20)) {
      signal.throwIfAborted();
    }
    await world.driver.provision({ service, url: undefined }, patience());
    await assert.rejects(reader.copy(old, patience()).next(), { code: 'unavailable', message: /another server/ });
    assert.notDeepEqual(await source(), old);
  });

  it('brings back every kind of value, in every database, byte for byte', async () => {
    await ask('FLUSHALL');
    const own = await world.driver.connection({ service });
    const write = async (database: string, suffix: string) => {
      await withClient(
        { port: own.port!, user: own.user!, password: own.password! },
        patience().signal,
        async (run) => {
          await run('SELECT', database);
          await run(
            Buffer.from('SET'),
            Buffer.from([0xff, 0x00, 0x0a, 0x0d, suffix.charCodeAt(0)]),
            Buffer.from([0, 255, 13, 10]),
          );
          await run('RPUSH', `list${suffix}`, 'a', 'b');
          await run('SADD', `set${suffix}`, '1', '2', 'x');
          await run('ZADD', `zset${suffix}`, '1.5', 'a');
          await run('HSET', `hash${suffix}`, 'f', 'v');
          await run('XADD', `stream${suffix}`, '*', 'f', 'v');
          await run('SET', `expires${suffix}`, '1', 'EX', '3600');
          await run('SET', `gone${suffix}`, '1', 'PX', '1');
          await run('EVAL', "redis.call('INCR', KEYS[1]); redis.call('INCR', KEYS[1])", '1', `script${suffix}`);
        },
      );
    };
    for (const database of ['0', '3']) await write(database, 'a');
    const { facts, parts } = await copy();
    const log = await follow(undefined, async ({ bytes }) => {
      if (Buffer.from(bytes).includes('all-written')) return true;
      for (const database of ['0', '3']) await write(database, 'b');
      await ask('SET', 'all-written', '1');
      return false;
    });
    const branch = await restore(facts, parts, log);
    await ask('GET', 'gonea');
    assert.deepEqual(await digest(branch), await digest(own));
    assert.deepEqual(await world.driver.backups!.check({ service: 'branch.carts' }, patience()), []);
    const counts = await world.driver.backups!.count({ service: 'branch.carts' }, patience());
    assert.equal(counts['db3 in keys of type list'], 4);
    assert.equal(counts['db0 keys of type stream'], 2);
    assert.ok(Number(await send(branch, 'TTL', 'expiresb')) > 3_000);
    await remove('branch.carts');
  });

  it('has room for what the service was promised: what is kept for a replica is not of it', async () => {
    await world.driver.provision({ service, url: undefined, settings: { maxmemory: '20000000' } }, patience());
    assert.match(String(await ask('INFO', 'memory')), /maxmemory:28388608/);
  });
});

/** Every key of every database with its serialized value. */
async function digest({ port, user, password }: StoreConnection) {
  const login = { port: port!, user: user!, password: password! };
  return withClient(login, patience().signal, async (run, raw) => {
    const found: Record<string, string> = {};
    for (const database of ['0', '3']) {
      await run('SELECT', database);
      for (const key of (await raw('KEYS', '*')) as Buffer[]) {
        const [type, value] = [await run('TYPE', key), (await raw('DUMP', key)) as Buffer | null];
        // How a set or a list is laid out in memory may differ.
        const text = type === 'string' ? value?.toString('hex') : String(type);
        if (value !== null) found[`${database} ${key.toString('hex')}`] = text ?? '';
      }
    }
    return found;
  });
}
