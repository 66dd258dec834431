import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { QUICK, World, world } from './world.ts';

const STORED = {
  'islet.yaml': 'system: one\ngateway: { port: 28081 }\n',
  'services/orders/service.yaml': `run: { command: serve }\ndatabase: sqlite\nscale: 2\n${QUICK}`,
};

describe('the credentials of a database', () => {
  const replacedAt = async (w: World) => {
    const seen = (await w.data.observe()).orders;
    return seen?.kind === 'ready' ? seen.replacedAt : undefined;
  };
  const rotate = (w: World) =>
    w.api.rotate({ params: { service: 'orders' }, query: {}, body: undefined, signal: new AbortController().signal });
  const told = (w: World) =>
    w.system.parts.state.decisions.list({ service: 'orders' }).map(({ decision }) => decision.kind);

  it('are withdrawn when the last instance that was started with them has ended, not before', async (t) => {
    const w = world(t, STORED);
    await w.up();
    const before = Object.keys(w.pids());
    const first = await w.data.connection({ service: 'orders' });
    // The driver is asked to withdraw only at a moment in which nothing of before runs.
    const { retire } = w.data.credentials!;
    const running: string[] = [];
    w.data.credentials!.retire = async (request, options) => {
      running.push(...Object.keys(w.pids()));
      await retire(request, options);
    };
    await rotate(w);
    await w.settled();
    assert.equal(running.length, 2);
    assert.deepEqual(
      running.filter((id) => before.includes(id)),
      [],
    );
    assert.throws(() => w.data.queryWith(first, 'SELECT 1'), /no such password/);
    assert.equal(told(w).at(-1), 'retired');
  });

  it('hold both while the new instances can not start, and the service goes back to what works', async (t) => {
    const w = world(t, STORED);
    await w.up();
    const first = await w.data.connection({ service: 'orders' });
    w.sick.add('orders');
    for (const id of Object.keys(w.pids())) w.sick.delete(id);
    await rotate(w);
    await w.until(({ services }) => services.some(({ why }) => /waits for/.test(why ?? '')));
    assert.deepEqual(w.data.queryWith(first, 'SELECT 1 AS x').length, 1);
    assert.notEqual(await replacedAt(w), undefined);
  });

  it('are rotated to the end by the next control plane, when this one dies right after the store has new ones', async (t) => {
    const w = world(t, STORED);
    await w.up();
    await w.data.credentials!.rotate({ service: 'orders' }, { signal: new AbortController().signal });
    const second = await w.data.connection({ service: 'orders' });
    await w.reopen();
    assert.notEqual(await replacedAt(w), undefined);
    await rotate(w);
    await w.settled();
    assert.equal(
      (await w.data.connection({ service: 'orders' })).password,
      second.password,
      'the same, taken into use',
    );
    assert.equal(await replacedAt(w), undefined);
  });

  it('are refused to a service without a database', async (t) => {
    const w = world(t, { ...STORED, 'services/orders/service.yaml': 'run: { command: serve }\n' });
    await w.up();
    await assert.rejects(async () => rotate(w), { code: 'conflict' });
  });

  it('of an outside server are its URL: set anew, each new instance has it, and no moment is without an instance', async (t) => {
    const w = new World(
      {
        ...STORED,
        'services/orders/service.yaml': `run: { command: serve }\ndatabase: { url: { secret: db } }\nscale: 2\n${QUICK}`,
      },
      'external',
    );
    t.after(() => w.close());
    const { secrets } = w.system.parts.state;
    const urls = new Map<string, string | undefined>();
    const given = new Map<string, string | undefined>();
    const { provision, connection } = w.data;
    const { start } = w.compute;
    // As the driver of outside servers has none.
    Object.assign(w.data, { credentials: undefined });
    Object.assign(w.data, {
      provision: async (request, options) => {
        urls.set(request.service, request.url);
        await provision(request, options);
      },
      connection: async (request) => ({ ...(await connection(request)), url: urls.get(request.service) ?? '' }),
    } satisfies Partial<typeof w.data>);
    w.compute.start = async (request, options) => {
      given.set(request.instance, request.env.DATABASE_URL);
      await start(request, options);
    };
    secrets.set('db', 'postgres://old@db.example/orders', 1);
    await w.up();
    const before = Object.keys(w.pids());
    secrets.set('db', 'postgres://new@db.example/orders', 2);
    const fewest: number[] = [];
    const watching = w.until(({ services: [orders], settled }) => {
      fewest.push(orders?.instances.ready ?? 0);
      return settled && before.every((id) => !(id in w.pids()));
    });
    await w.up();
    await watching;
    assert.equal(Math.min(...fewest), 2);
    const now = Object.keys(w.pids());
    assert.deepEqual(
      now.map((id) => given.get(id)),
      ['postgres://new@db.example/orders', 'postgres://new@db.example/orders'],
    );
    assert.deepEqual(
      before.map((id) => given.get(id)),
      ['postgres://old@db.example/orders', 'postgres://old@db.example/orders'],
    );
    await assert.rejects(async () => rotate(w), { code: 'conflict', hint: /secret that holds its URL/ });
  });
});

describe('the password of a database, which nobody declared as a secret', () => {
  const passwordOf = async (w: World) => (await w.data.connection({ service: 'orders' })).password ?? '';
  const shows = (w: World, password: string) =>
    w.system.redact(`postgres://orders:${password}@h/db`).includes(password);

  it('is redacted wherever its service prints it, also by a control plane that finds the service running', async (t) => {
    const w = world(t, STORED);
    await w.up();
    const password = await passwordOf(w);
    assert.equal(shows(w, password), false);
    await w.reopen();
    assert.equal(shows(w, password), false);
  });

  it('is redacted while it is rotated, with the one before, which its last instances may print still', async (t) => {
    const w = world(t, STORED);
    await w.up();
    const old = await passwordOf(w);
    await w.data.credentials!.rotate({ service: 'orders' }, { signal: new AbortController().signal });
    const next = await passwordOf(w);
    assert.deepEqual([shows(w, old), shows(w, next)], [false, false]);
    await w.reopen();
    assert.deepEqual([shows(w, old), shows(w, next)], [false, false], 'both let in');
    await w.data.credentials!.retire({ service: 'orders' }, { signal: new AbortController().signal });
    assert.deepEqual([shows(w, old), shows(w, next)], [false, false], 'what was printed may be read later');
  });

  it('is redacted in the last lines of what fails because of it', async (t) => {
    const w = world(t, STORED);
    await w.up();
    const password = await passwordOf(w);
    w.compute.tail = async () => [`can not reach postgres://orders:${password}@127.0.0.1/orders`];
    w.write({ 'services/orders/service.yaml': STORED['services/orders/service.yaml'].replace('serve', 'exit 1') });
    const { services } = await w.up();
    const { failure } = services.find(({ name }) => name === 'orders') ?? {};
    assert.deepEqual(failure?.log, ['can not reach postgres://orders:[redacted]@127.0.0.1/orders']);
  });
});
