import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
import { DEFAULT_LIMITS, fittingSettings, mostConnections } from '../src/fit.ts';
import { LIMITS } from '../src/options.ts';
import { makeWorld, patience, query, type World } from './harness.ts';

describe("a service's own settings", () => {
  const request = { service: 'orders', url: undefined };
  let world: World;
  let url: string;
  const show = async (name: string) => (await query(url, `SHOW ${name}`))[0]?.[name];

  before(async () => {
    world = await makeWorld();
    await world.driver.provision({ ...request, settings: { work_mem: '16MB' } }, patience());
    url = (await world.driver.connection({ service: 'orders' })).url;
  });
  after(() => world.close());

  it('hold from the first start on, over a restart, and are told', async () => {
    assert.equal(await show('work_mem'), '16MB');
    await world.driver.stop({ service: 'orders' }, patience());
    await world.driver.provision({ ...request, settings: { work_mem: '16MB' } }, patience());
    assert.equal(await show('work_mem'), '16MB');
    const seen = (await world.driver.observe()).orders;
    assert.deepEqual(seen?.kind === 'ready' && seen.settings, { work_mem: '16MB' });
  });

  it('are changed while a connection is open, and what is no longer said goes back', async () => {
    const client = new Client(url);
    await client.connect();
    try {
      await world.driver.provision({ ...request, settings: { statement_timeout: '7s' } }, patience());
      const { signal } = patience();
      // The server tells its processes by a signal.
      while ((await client.query('SHOW statement_timeout')).rows[0].statement_timeout !== '7s') signal.throwIfAborted();
      assert.notEqual((await client.query('SHOW work_mem')).rows[0].work_mem, '16MB');
    } finally {
      await client.end();
    }
  });

  const refused: readonly [string, string, RegExp][] = [
    ['work_memory', '1MB', /work_memory is no setting of this server/],
    ['work_mem', 'plenty', /work_mem can't be plenty: invalid value/],
    ['fsync', 'off', /fsync is Islet's own to set/],
    ['shared_buffers', '1GB', /shared_buffers is read only when a server starts/],
  ];
  for (const [name, value, message] of refused) {
    it(`that are none are refused, and nothing changes: ${name}: ${value}`, async () => {
      const provisioning = world.driver.provision({ ...request, settings: { [name]: value } }, patience());
      await assert.rejects(provisioning, { code: 'refused', message });
    });
  }

  it('leave room for Islet: a service can open no more connections than are its own', async () => {
    const clients: Client[] = [];
    try {
      await assert.rejects(
        async () => {
          for (let count = 0; count <= LIMITS.serviceConnections; count++) {
            const client = new Client(url);
            clients.push(client);
            await client.connect();
          }
        },
        { code: '53300', message: /too many connections for role/ },
      );
      assert.equal(clients.length, LIMITS.serviceConnections + 1);
      assert.equal((await world.driver.observe()).orders?.kind, 'ready');
    } finally {
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
    }
  });
});

const MB = 1024 * 1024;

describe('a server fits what it is given', () => {
  for (const [limits, settings] of [
    [DEFAULT_LIMITS, { shared_buffers: '16MB', work_mem: '4MB', max_connections: '90', effective_cache_size: '512MB' }],
    [
      { memoryBytes: 1024 * MB, connections: 20 },
      { shared_buffers: '256MB', work_mem: '38MB', max_connections: '50', effective_cache_size: '768MB' },
    ],
    [
      { memoryBytes: 32 * MB, connections: 500 },
      { shared_buffers: '8MB', work_mem: '4MB', max_connections: '1010' },
    ],
  ] as const) {
    it(`of ${limits.memoryBytes / MB} MB for ${limits.connections} connections`, () => {
      const found: Readonly<Record<string, string>> = fittingSettings(limits);
      for (const [name, value] of Object.entries(settings)) assert.equal(found[name], value, name);
    });
  }

  it('has places for both logins of a rotation, each with all of its connections, and for Islet', () => {
    for (const connections of [1, 40, 500]) assert.ok(mostConnections(connections) >= 2 * connections + 3);
  });
});

describe('limits of a server', () => {
  const request = (memory: number, connections: number, settings: Readonly<Record<string, string>> = {}) => ({
    ...{ service: 'orders', url: undefined, settings },
    limits: { memoryBytes: memory * MB, connections },
  });
  let world: World;
  const url = async () => (await world.driver.connection({ service: 'orders' })).url;
  const show = async (name: string) => (await query(await url(), `SHOW ${name}`))[0]?.[name];
  const allowed = async () => (await world.driver.connection({ service: 'orders' })).maxConnections;
  const stop = () => world.driver.stop({ service: 'orders' }, patience());

  before(async () => {
    world = await makeWorld();
    await world.driver.provision(request(128, 5), patience());
  });
  after(() => world.close());

  it('hold from its first start on, those too that it reads only then', async () => {
    assert.deepEqual([await show('shared_buffers'), await show('max_connections'), await allowed()], ['32MB', '20', 5]);
    const seen = (await world.driver.observe()).orders;
    assert.deepEqual(seen?.kind === 'ready' && seen.limits, request(128, 5).limits);
  });

  it('are enforced while credentials are rotated: old and new may each have all of theirs', async () => {
    const clients: Client[] = [];
    const fill = async () => {
      const before = clients.length;
      const connectionString = await url();
      for (let count = 0; count < 5; count++) {
        const client = new Client(connectionString);
        clients.push(client);
        await client.connect();
      }
      await assert.rejects(new Client(connectionString).connect(), { code: '53300' });
      return clients.length - before;
    };
    try {
      assert.equal(await fill(), 5);
      await world.driver.credentials?.rotate({ service: 'orders' }, patience());
      assert.equal(await fill(), 5);
      assert.ok(await world.driver.measure?.({ service: 'orders' }, patience()), 'Islet itself still gets in');
    } finally {
      await Promise.all(clients.map((client) => client.end().catch(() => {})));
      await world.driver.credentials?.retire({ service: 'orders' }, patience());
    }
  });

  it('of a server that runs break nobody, and hold from its next start on', async () => {
    const client = new Client(await url());
    await client.connect();
    try {
      await world.driver.provision(request(256, 30), patience());
      assert.deepEqual((await client.query('SHOW shared_buffers')).rows, [{ shared_buffers: '32MB' }]);
      assert.equal(await allowed(), 5, 'a share of what is not there would be refused');
    } finally {
      await client.end();
    }
    await stop();
    await world.driver.provision(request(256, 30), patience());
    assert.deepEqual(
      [await show('shared_buffers'), await show('max_connections'), await allowed()],
      ['64MB', '70', 30],
    );
  });

  it("give way to the service's own settings, and come back after them", async () => {
    await world.driver.provision(request(256, 30, { work_mem: '5MB' }), patience());
    await stop();
    await world.driver.provision(request(256, 30, { work_mem: '5MB' }), patience());
    assert.equal(await show('work_mem'), '5MB');
    await world.driver.provision(request(256, 30), patience());
    const { signal } = patience();
    while ((await show('work_mem')) !== '6553kB' && (await show('work_mem')) !== '6MB') signal.throwIfAborted();
  });

  it('are what a driver finds that comes later, and start nothing anew', async () => {
    const before = (await world.driver.observe()).orders;
    world = await world.again();
    await world.driver.provision(request(256, 30), patience());
    const seen = (await world.driver.observe()).orders;
    assert.ok(before?.kind === 'ready' && seen?.kind === 'ready');
    assert.equal(seen.pid, before.pid);
  });
});
