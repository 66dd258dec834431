import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUICK, stateOf, TWO, world } from './world.ts';

describe('an instance that dies', () => {
  it('leaves the routes, and is started again', async (t) => {
    const w = world(t);
    await w.up();
    const [id = ''] = Object.keys(w.pids()).filter((name) => name.startsWith('web'));
    const before = w.pids()[id];
    w.compute.crash(id, 'SIGKILL');
    await w.until(() => w.pids()[id] !== undefined && w.pids()[id] !== before);
    const status = await w.settled();
    assert.equal(stateOf(status, 'web'), 'ready');
    const told = await w.api.decisions({
      params: {},
      query: { service: 'web' },
      body: undefined,
      signal: AbortSignal.timeout(1),
    });
    assert.ok(told.some(({ text }) => text === `${id} ended: SIGKILL`));
  });
});

describe('a control plane that comes back', () => {
  it('adopts what runs, and restarts nothing', async (t) => {
    const w = world(t);
    await w.up();
    const before = w.pids();
    await w.reopen();
    const status = await w.settled();
    assert.deepEqual(
      status.services.map(({ state }) => state),
      ['ready', 'ready'],
    );
    assert.deepEqual(w.pids(), before);
  });

  it('finishes what the last one had only recorded', async (t) => {
    const w = world(t);
    const { system } = w;
    const asked = { environment: undefined, path: '', mode: 'revisions', changed: [] } as const;
    const { propose, accept } = await import('../src/apply.ts');
    await accept(await propose(asked, system.applying), system.applying);
    await w.reopen();
    const status = await w.settled();
    assert.deepEqual(
      status.services.map(({ state }) => state),
      ['ready', 'ready'],
    );
  });
});

describe('restart, scale and down', () => {
  const call = { query: {}, signal: new AbortController().signal };

  it('restarts by replacing, never by stopping first', async (t) => {
    const w = world(t, { ...TWO, 'services/catalog/service.yaml': `run: { command: serve }\n${QUICK}` });
    await w.up();
    const before = Object.keys(w.pids());
    await w.api.restart({ ...call, params: { service: 'catalog' }, body: undefined });
    const status = await w.settled();
    assert.equal(stateOf(status, 'catalog'), 'ready');
    const after = Object.keys(w.pids());
    assert.equal(after.filter((id) => before.includes(id)).length, 1);
    assert.equal(after.length, 2);
  });

  it('scales until the file says otherwise', async (t) => {
    const w = world(t, { ...TWO, 'services/catalog/service.yaml': `run: { command: serve }\n${QUICK}` });
    await w.up();
    await w.api.scale({ ...call, params: { service: 'catalog' }, body: { instances: 3 } });
    await w.settled();
    assert.equal(Object.keys(w.pids()).length, 4);
    await w.up();
    assert.equal(Object.keys(w.pids()).length, 4);
    w.write({ 'services/catalog/service.yaml': `run: { command: serve }\nscale: 2\n${QUICK}` });
    await w.up();
    assert.equal(Object.keys(w.pids()).length, 3);
  });

  it('stops everything, keeps the files, and ends Islet itself', async (t) => {
    const w = world(t);
    await w.up();
    await w.api.down({ ...call, params: {}, body: { purge: false } });
    const status = await w.settled();
    assert.deepEqual(
      status.services.map(({ state }) => state),
      ['stopped', 'stopped'],
    );
    assert.deepEqual(w.pids(), {});
    assert.equal(w.machine.built.size, 2);
    assert.ok(w.down > 0);
  });

  it('purges only when asked to', async (t) => {
    const w = world(t);
    await w.up();
    await w.api.down({ ...call, params: {}, body: { purge: true } });
    await w.settled();
    assert.equal(w.machine.built.size, 0);
  });

  it('names the services when one does not exist', async (t) => {
    const w = world(t);
    await w.up();
    await assert.rejects(async () => w.api.restart({ ...call, params: { service: 'wep' }, body: undefined }), {
      code: 'not-found',
      hint: 'the services are: catalog, web',
    });
  });
});

describe('a preview', () => {
  it('shows the steps of up, and changes nothing', async (t) => {
    const w = world(t);
    const body = { path: '/usr/bin', mode: 'revisions', changed: [] } as const;
    const ask = { params: {}, query: {}, signal: AbortSignal.timeout(60_000), body: { ...body, changed: [] } };
    const shown = await w.api.plan(ask);
    assert.deepEqual(
      shown.steps.filter(({ service }) => service === 'catalog').map(({ kind }) => kind),
      ['build', 'start', 'promote'],
    );
    assert.equal(w.system.parts.state.applied.seq(), 0);
    await w.up();
    assert.deepEqual((await w.api.plan(ask)).steps, []);
    assert.deepEqual((await w.api.plan(ask)).unchanged, ['catalog', 'web']);
  });
});
