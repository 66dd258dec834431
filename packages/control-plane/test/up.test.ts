import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUICK, stateOf, TWO, world } from './world.ts';

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
