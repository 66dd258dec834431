import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whichOf } from '../src/backup/kept-stores.ts';
import { QUICK, stateOf, world } from './world.ts';

const BOTH = {
  'islet.yaml': 'system: one\ngateway: { port: 28082 }\n',
  'services/orders/service.yaml': `run: { command: serve }\ndatabase: sqlite\nredis: cache\n${QUICK}`,
};

describe('a service with a database and a Redis', () => {
  it('is given both, and starts when both are ready', async (t) => {
    const w = world(t, BOTH);
    const status = await w.up();
    assert.equal(stateOf(status, 'orders'), 'ready');
    const [orders] = status.services;
    assert.deepEqual([orders?.database?.state, orders?.redis?.state], ['ready', 'ready']);
    const asked = { params: { service: 'orders' }, query: {}, body: undefined, signal: new AbortController().signal };
    const { env } = await w.api.environment(asked);
    assert.equal(env.DATABASE_URL, (await w.data.connection({ service: 'orders' })).url);
    assert.equal(env.REDIS_URL, (await w.redis.connection({ service: 'orders' })).url);
  });

  it('gets back the one that died, and keeps its instances', async (t) => {
    const w = world(t, BOTH);
    await w.up();
    const before = w.pids();
    w.redis.crash('orders', 'SIGKILL');
    await w.settled();
    assert.equal((await w.redis.observe()).orders?.kind, 'ready');
    assert.deepEqual(w.pids(), before);
  });

  it('renews the credentials of both at once', async (t) => {
    const w = world(t, BOTH);
    await w.up();
    const first = [await w.data.connection({ service: 'orders' }), await w.redis.connection({ service: 'orders' })];
    await w.api.rotate({
      params: { service: 'orders' },
      query: {},
      body: undefined,
      signal: new AbortController().signal,
    });
    await w.settled();
    assert.throws(() => w.data.queryWith(first[0]!, 'SELECT 1'), /no such password/);
    assert.throws(() => w.redis.queryWith(first[1]!, 'SELECT 1'), /no such password/);
  });

  it('gets a Redis that is declared later, and loses none when it is taken out', async (t) => {
    const w = world(t, {
      ...BOTH,
      'services/orders/service.yaml': `run: { command: serve }\ndatabase: sqlite\n${QUICK}`,
    });
    await w.up();
    assert.equal((await w.redis.observe()).orders, undefined);
    w.write(BOTH);
    await w.up();
    assert.equal((await w.redis.observe()).orders?.kind, 'ready');
  });

  it('is given other limits for its Redis without a restart of anything', async (t) => {
    const w = world(t, BOTH);
    await w.up();
    const before = w.pids();
    const service = BOTH['services/orders/service.yaml'].replace(
      'redis: cache',
      'redis: { as: cache, maxMemory: 8Mi }',
    );
    w.write({ 'services/orders/service.yaml': service });
    await w.up();
    const seen = (await w.redis.observe()).orders;
    assert.equal(seen?.kind === 'ready' && seen.settings?.maxmemory, String(8 * 1024 * 1024));
    assert.deepEqual(w.pids(), before);
  });

  it('stops both when it goes, and leaves neither after a purge', async (t) => {
    const w = world(t, BOTH);
    await w.up();
    await w.api.down({ params: {}, query: {}, body: { purge: true }, signal: new AbortController().signal });
    await w.until(() => w.down > 0);
    assert.deepEqual([await w.data.observe(), await w.redis.observe()], [{}, {}]);
  });
});

it('a service with several stores and no database is told which it has when one is asked for by its name', () => {
  const spec = { name: 'orders', database: undefined, redis: undefined };
  const backup = { everyMs: 1, pitr: true, keep: { daily: 1, weekly: 0, monthly: 0 } };
  const redis = { as: 'store', maxMemoryBytes: 1, evict: 'noeviction', backup, drill: undefined } as const;
  const volumes = { folders: ['papers'], backup: undefined };
  const told = 'say which of its stores is meant: orders.redis, or orders.files';
  assert.equal(whichOf({ ...spec, redis, volumes }, 'orders'), told);
  assert.equal(whichOf({ ...spec, redis, volumes }, 'orders.files'), undefined);
  assert.equal(whichOf({ ...spec, redis }, 'orders'), undefined);
});
