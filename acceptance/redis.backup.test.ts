import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* A Redis that is a store, beside a database and alone, on the same bad days as a database. */

const DRILL = { check: [{ query: 'LLEN paid', min: 1 }] };

describe("a service's Redis", () => {
  let system: System;
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const say = (service: string, command: string) =>
    run('db', 'shell', service, '--redis', '--command', command, '--write');
  const paid = async (service: string) => {
    const text = await run('db', 'shell', service, '--redis', '--command', 'LRANGE paid 0 -1', '--json');
    return (JSON.parse(text) as object[]).map((row) => Object.values(row)[0] as string);
  };
  const stored = (service: string, written: number) =>
    until(`what was written into ${service} is stored`, async () => {
      const { stdout } = await system.islet('backup', 'status', '--json');
      const stores = JSON.parse(stdout) as { service: string; to?: number }[];
      return (stores.find((store) => store.service === service)?.to ?? 0) > written;
    });
  /** An instant with nothing written around it. */
  const now = async () => {
    await pause(100);
    const instant = new Date().toISOString();
    await pause(100);
    return instant;
  };

  before(async () => {
    const [database, redis] = ['sqlite', { as: 'store', drill: DRILL }];
    system = await makeSystem({
      services: {
        carts: { file: { database, redis } },
        queue: { file: { redis: 'store' } },
        other: { file: { redis: 'cache' } },
      },
    });
    await system.up();
    await until('the stores are known to the backup process', async () => {
      const asked = await Promise.all(
        ['carts.redis', 'queue'].map((store) => system.islet('backup', 'now', store, '--timeout', '60s')),
      );
      return asked.every(({ code }) => code === 0);
    });
  });
  after(() => system[Symbol.asyncDispose]());

  it('has a name of its own, and of a cache there is nothing', async () => {
    const stores = JSON.parse(await run('backup', 'status', '--json')) as { service: string; problems: string[] }[];
    assert.deepEqual(
      stores.map(({ service, problems }) => [service, problems]),
      ['carts', 'carts.redis', 'queue.redis'].map((store) => [store, []]),
    );
    const { code, stderr } = await system.islet('backup', 'now', 'other');
    assert.equal(code, 1);
    assert.match(stderr, /other is not backed up/);
  });

  it('comes back to the instant before a wrong DEL, as it was before that, and in a branch', async () => {
    await say('carts', 'RPUSH paid a b');
    const good = await now();
    await say('carts', 'DEL paid');
    await stored('carts.redis', Date.now());
    assert.match(await run('restore', 'carts.redis', '--to', good, '--timeout', '60s'), /its Redis is as of/);
    assert.deepEqual(await paid('carts'), ['a', 'b']);
    await run('restore', 'carts.redis', '--undo', '--timeout', '60s');
    assert.deepEqual(await paid('carts'), []);
    await run('restore', 'carts.redis', '--to', good, '--as', 'then', '--timeout', '60s');
    assert.match(await run('db', 'diff', 'carts.redis', 'then'), /db0 in keys of type list +none +2/);
    await run('restore', 'carts.redis', '--drop', 'then');
    await system.up();
  });

  it('proves by a drill that it comes back, and is loud when a check does not hold', async () => {
    await run('drill', 'restore', 'queue', '--timeout', '60s');
    const failed = await system.islet('drill', 'restore', 'carts.redis', '--timeout', '60s');
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /LLEN paid: it is 0, and must be at least 1/);
    await say('carts', 'RPUSH paid c');
    await stored('carts.redis', Date.now());
    await run('drill', 'restore', 'carts.redis', '--timeout', '60s');
  });

  it('goes back with everything else', async () => {
    await say('queue', 'RPUSH paid 1');
    const good = await now();
    for (const service of ['carts', 'queue']) await say(service, 'DEL paid');
    for (const store of ['carts.redis', 'queue.redis']) await stored(store, Date.now());
    await stored('carts', Date.parse(good));
    assert.match(await run('recover', '--to', good, '--timeout', '120s'), /carts\.redis.*queue\.redis/s);
    assert.deepEqual([await paid('carts'), await paid('queue')], [['c'], ['1']]);
    for (const store of ['carts', 'carts.redis', 'queue']) await run('restore', store, '--confirm');
  });
});
