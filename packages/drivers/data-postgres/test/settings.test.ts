import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Client } from 'pg';
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
