import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { TWO, World } from './world.ts';

const QUICK = 'rollout: { minHealthy: 0s }\n';

function world(t: TestContext, files: Readonly<Record<string, string>> = TWO): World {
  const made = new World(files);
  t.after(() => made.close());
  return made;
}

const stateOf = (status: { services: readonly { name: string; state: string }[] }, name: string) =>
  status.services.find((service) => service.name === name)?.state;

describe('up', () => {
  it('makes everything ready and routed, and the second time changes nothing', async (t) => {
    const w = world(t);
    const first = await w.up();
    assert.deepEqual(
      first.services.map(({ state }) => state),
      ['ready', 'ready'],
    );
    const before = w.pids();
    const second = await w.up();
    assert.equal(second.revision, first.revision);
    assert.deepEqual(w.pids(), before);
  });

  it('refuses files with mistakes whole, and changes nothing', async (t) => {
    const w = world(t);
    await w.up();
    const before = w.pids();
    w.write({
      'services/web/service.yaml': 'run: { comand: serve }\n',
      'services/catalog/service.yaml': 'uses: [web, wbe]\n',
    });
    await assert.rejects(w.up(), (error: { code: string; errors: unknown[] }) => {
      assert.equal(error.code, 'invalid-spec');
      assert.ok(error.errors.length >= 3);
      return true;
    });
    assert.deepEqual(w.pids(), before);
  });

  it('replaces only what was edited', async (t) => {
    const w = world(t);
    await w.up();
    const before = w.pids();
    w.write({ 'services/web/service.yaml': `run: { command: serve --new }\nuses: [catalog]\n${QUICK}` });
    await w.up();
    const after = w.pids();
    assert.equal(Object.keys(after).length, 2);
    const catalog = Object.keys(before).find((id) => id.startsWith('catalog')) ?? '';
    assert.equal(after[catalog], before[catalog]);
    assert.deepEqual(
      Object.keys(after).filter((id) => id in before),
      [catalog],
    );
  });

  it('leaves the old revision serving when the new one does not build, and says so', async (t) => {
    const w = world(t);
    await w.up();
    const before = w.pids();
    w.compute.failBuilds('web', 'no space for more bugs');
    w.write({ 'services/web/service.yaml': 'run: { command: serve --new }\nuses: [catalog]\n' });
    const status = await w.up();
    const web = status.services.find(({ name }) => name === 'web');
    assert.equal(web?.state, 'failed');
    assert.equal(web?.failure?.step, 'build');
    assert.match(web?.why ?? '', /no space for more bugs; revision .* serves/);
    assert.deepEqual(w.pids(), before);
    w.compute.failBuilds('web', undefined);
    assert.equal(stateOf(await w.up(), 'web'), 'ready');
  });

  it('gives up a revision that ends at its start, and goes back', async (t) => {
    const w = world(t);
    await w.up();
    const before = w.pids();
    w.write({ 'services/web/service.yaml': 'run: { command: exit 3 }\nuses: [catalog]\n' });
    const status = await w.up();
    assert.equal(stateOf(status, 'web'), 'failed');
    assert.deepEqual(w.pids(), before);
  });

  it('keeps trying what never worked, and does not keep others waiting', async (t) => {
    const w = world(t, { ...TWO, 'services/catalog/service.yaml': 'run: { command: exit 3 }\n' });
    const status = await w.up();
    assert.deepEqual(
      ['catalog', 'web'].map((name) => stateOf(status, name)),
      ['failed', 'ready'],
    );
    assert.match(status.services[0]?.failure?.reason ?? '', /ended 3 times \(exit 3\)/);
  });

  it('tries at once what waits for its back-off, whatever made it end before', async (t) => {
    const w = world(t);
    await w.up();
    const [id = ''] = Object.keys(w.pids()).filter((name) => name.startsWith('web'));
    for (let end = 0; end < 3; end++) {
      const before = w.pids()[id];
      w.compute.crash(id, 'exit 1');
      if (end < 2) await w.until(() => w.pids()[id] !== undefined && w.pids()[id] !== before);
    }
    assert.equal(stateOf(await w.settled(), 'web'), 'degraded');
    assert.equal(stateOf(await w.up(), 'web'), 'ready');
  });

  it('blocks a service whose secret has no value, until it has one', async (t) => {
    const w = world(t, {
      ...TWO,
      'services/catalog/service.yaml': 'run: { command: serve, env: { KEY: { secret: key } } }\n',
    });
    const status = await w.up();
    assert.deepEqual(
      ['catalog', 'web'].map((name) => stateOf(status, name)),
      ['blocked', 'ready'],
    );
    assert.match(status.services[0]?.why ?? '', /islet secret set key/);
    w.system.parts.state.secrets.set('key', 'value', 1);
    assert.equal(stateOf(await w.up(), 'catalog'), 'ready');
  });

  it('gives a failed migration as the reason, and leaves what serves alone', async (t) => {
    const orders = 'run: { command: serve }\ndatabase: { engine: sqlite, migrations: migrations }\n';
    const w = world(t, {
      ...TWO,
      'services/orders/service.yaml': orders,
      'services/orders/migrations/0001_create.sql': 'CREATE TABLE orders (id TEXT);',
    });
    // The fake has no files of its own: its revision's folder is the source.
    w.compute.folder = async () => `${w.folder}/services/orders`;
    await w.up();
    const before = w.pids();
    w.write({
      'services/orders/migrations/0002_break.sql': 'ALTER TABLE nothing ADD x;',
      'services/orders/service.yaml': `${orders}language: Go\nuses: [catalog]\n`,
    });
    const status = await w.up();
    const seen = status.services.find(({ name }) => name === 'orders');
    assert.equal(seen?.failure?.step, 'migrate');
    assert.match(seen?.failure?.reason ?? '', /0002_break\.sql: .*nothing/);
    assert.deepEqual(w.pids(), before);
  });
});

describe('a rollout that fails', () => {
  it('goes back to a revision from before the service had migrations', async (t) => {
    const w = world(t);
    w.compute.folder = async () => `${w.folder}/services/web`;
    await w.up();
    w.write({
      'services/web/migrations/1.sql': 'ALTER TABLE nothing ADD x;',
      'services/web/service.yaml': 'run: { command: serve }\ndatabase: { engine: sqlite, migrations: migrations }\n',
    });
    const status = await w.up();
    assert.equal(status.services.find(({ name }) => name === 'web')?.failure?.step, 'migrate');
    await w.settled();
  });
});

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
    const ask = { params: {}, query: {}, signal: AbortSignal.timeout(1_000), body: { ...body, changed: [] } };
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
