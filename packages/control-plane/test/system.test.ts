import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { apply } from '../src/apply.ts';
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

describe('whatever else happens meanwhile', () => {
  const call = { query: {}, params: {}, signal: new AbortController().signal };

  it('loses no scale that was asked for while an up was being worked out', async (t) => {
    const w = world(t, { ...TWO, 'services/catalog/service.yaml': `run: { command: serve }\n${QUICK}` });
    await w.up();
    w.write({ 'services/web/service.yaml': `run: { command: serve --new }\nuses: [catalog]\n${QUICK}` });
    const up = w.up();
    await w.api.scale({ ...call, params: { service: 'catalog' }, body: { instances: 2 } });
    await up;
    const status = await w.settled();
    assert.deepEqual(
      status.services.map(({ instances }) => instances.desired),
      [2, 1],
    );
  });

  it('lets a down that came later win over an up', async (t) => {
    const w = world(t);
    await w.up();
    const up = w.up();
    await Promise.all([
      assert.rejects(up, { code: 'conflict' }),
      w.api.down({ ...call, params: {}, body: { purge: false } }),
    ]);
    assert.deepEqual(w.system.parts.state.applied.current()?.services, []);
  });

  it('goes down without a proxy', async (t) => {
    const w = world(t);
    await w.up();
    w.traffic.stop('it crashes');
    await w.api.down({ ...call, body: { purge: false } });
    await w.until(() => w.down > 0);
    assert.deepEqual(w.pids(), {});
  });

  it('goes on routing by what it saw last of stores that can not be observed', async (t) => {
    const w = world(t, {
      ...TWO,
      'services/web/service.yaml': 'run: { command: serve }\ndatabase: { engine: sqlite }\n',
    });
    await w.up();
    w.data.observe = async () => {
      throw new Error('a broken disk');
    };
    const [id = ''] = Object.keys(w.pids()).filter((name) => name.startsWith('catalog'));
    const before = w.pids()[id];
    w.compute.crash(id, 'SIGKILL');
    await w.until(() => w.pids()[id] !== undefined && w.pids()[id] !== before);
    const status = await w.settled();
    assert.ok(status.warnings.some((warning) => /sqlite stores can't be observed: a broken disk/.test(warning)));
  });

  it('migrates again when a store was started anew', async (t) => {
    const w = world(t, {
      ...TWO,
      'services/web/service.yaml': 'run: { command: serve }\ndatabase: { engine: sqlite, migrations: migrations }\n',
      'services/web/migrations/0001_create.sql': 'CREATE TABLE things (id TEXT);',
    });
    w.compute.folder = async () => `${w.folder}/services/web`;
    await w.up();
    await w.data.stop({ service: 'web' }, call);
    await w.data.purge({ service: 'web' }, call);
    await w.until(({ services }) => services.find(({ name }) => name === 'web')?.database?.state === 'ready');
    await w.settled();
    assert.deepEqual(w.data.query('web', 'SELECT * FROM things'), []);
  });

  it('replaces callers whose edge had to move', async (t) => {
    const w = world(t, { ...TWO, 'services/web/service.yaml': `run: { command: serve }\nuses: [catalog]\n${QUICK}` });
    await w.up();
    const { ports } = w.system.parts.state;
    const before = Object.keys(w.pids()).filter((id) => id.startsWith('web'));
    const port = ports.get('edge web>catalog') ?? 0;
    w.traffic.problems = [`web can't reach catalog on 127.0.0.1:${port}: EADDRINUSE`];
    const stranger = createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    t.after(() => stranger.close());
    await w.up();
    assert.notEqual(ports.get('edge web>catalog'), port);
    const after = Object.keys(w.pids()).filter((id) => id.startsWith('web'));
    assert.equal(after.length, 1);
    assert.notDeepEqual(after, before);
  });

  it('blocks a service whose fixed port is a stranger’s', async (t) => {
    const stranger = createServer().listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    t.after(() => stranger.close());
    const { port } = stranger.address() as AddressInfo;
    const w = world(t, {
      ...TWO,
      'services/catalog/service.yaml': `run: { command: serve }\napi: { port: ${port} }\n`,
    });
    const status = await w.up();
    assert.equal(stateOf(status, 'catalog'), 'blocked');
    assert.match(status.services[0]?.why ?? '', new RegExp(`fixed port ${port}: .* does: end it`));
    assert.equal(stateOf(status, 'web'), 'ready');
  });

  it('gives what failed another try, with instances of its own', async (t) => {
    const w = world(t, { ...TWO, 'services/catalog/service.yaml': 'run: { command: exit 3 }\n' });
    assert.equal(stateOf(await w.up(), 'catalog'), 'failed');
    const first = w.system.parts.state.applied.current()?.services[0]?.restarts;
    assert.equal(stateOf(await w.up(), 'catalog'), 'failed');
    assert.equal(w.system.parts.state.applied.current()?.services[0]?.restarts, (first ?? 0) + 1);
    assert.equal(w.system.parts.state.decisions.rollouts('catalog').failed.size, 2);
  });

  it('keeps no secret in what it records of a failure', async (t) => {
    const w = world(t);
    w.system.parts.state.secrets.set('key', 'sesame-open', 1);
    w.compute.failBuilds('web', 'the token sesame-open is refused');
    await w.up();
    const [kept] = w.system.parts.state.decisions.rollouts('web').failed.values();
    assert.equal(kept?.reason, 'the token [redacted] is refused');
    assert.deepEqual(kept?.log, ['the token [redacted] is refused']);
  });

  it('names a revision in place as no earlier session did', async (t) => {
    const w = world(t);
    const asked = { environment: undefined, path: '', mode: 'in-place', changed: [] } as const;
    const dev = async () => {
      await apply(asked, w.system.applying);
      w.system.reconciler.poke();
      await w.settled();
      return w.system.parts.state.applied.current()?.services[0]?.revision;
    };
    const first = await dev();
    assert.equal(await dev(), first);
    await w.api.down({ ...call, body: { purge: false } });
    await w.until(() => w.down > 0);
    // As the next control plane does, which was started because somebody wants the system up.
    const { applied } = w.system.parts.state;
    const down = applied.current();
    if (down !== undefined) applied.put({ ...down, goingDown: false }, 2);
    await w.reopen();
    assert.notEqual(await dev(), first);
  });

  it('kills nothing that was unready when the control plane came back', async (t) => {
    const w = world(t, {
      ...TWO,
      'services/catalog/service.yaml': 'run: { command: serve }\nhealth: { startup: { deadline: 100ms } }\n',
    });
    await w.up();
    const before = w.pids();
    w.sick.add('catalog');
    w.traffic.stop('it restarts as well');
    const ages = w.machine.instances;
    for (const [id, it] of ages) {
      if (it.process.kind === 'running') ages.set(id, { ...it, process: { ...it.process, startedAt: 0 } });
    }
    await w.reopen();
    w.sick.delete('catalog');
    w.traffic.start();
    await w.settled();
    assert.deepEqual(w.pids(), before);
  });
});
