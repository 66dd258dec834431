import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, it } from 'node:test';
import { apply } from '../src/apply.ts';
import { QUICK, stateOf, TWO, world } from './world.ts';

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
});
