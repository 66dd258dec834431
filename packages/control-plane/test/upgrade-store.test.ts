import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { type DataDriver, DriverError, type StoreRequest } from '@islet/driver';
import { differencesOf } from '../src/backup/upgrade-store.ts';
import { QUICK, stateOf, World } from './world.ts';

const service = 'web';
const file = (version: number, more = '') =>
  `run: { command: serve }\n${QUICK}database: { engine: postgres, version: ${version}, ${more}backup: off, drill: off }\n`;
const files = (text: string) => ({
  'islet.yaml': 'system: one\nservices: [services/*]\ngateway: { port: 28080 }\n',
  'services/web/service.yaml': text,
});
const COPY = 'upgrade: copy, ';

/** A world whose stores are of versions: which one each is, and what is done when one is read into another. */
function versioned(t: TestContext) {
  const w = new World(files(file(15)), 'postgres');
  t.after(() => w.close());
  const { data } = w;
  const { provision, purge, backups } = data;
  const versions = new Map<string, number | undefined>();
  const written = new Map<string, readonly Readonly<Record<string, unknown>>[]>();
  const reads: { of: (from: string) => Promise<void> } = {
    of: async (from) => {
      data.query(service, 'CREATE TABLE kept (x int)');
      for (const { x } of written.get(from) ?? []) data.query(service, `INSERT INTO kept VALUES (${x})`);
    },
  };
  const refusal = async ({ service: name, server }: Pick<StoreRequest, 'service' | 'server'>) => {
    const made = versions.get(name);
    if (made === undefined || server?.version === undefined || made === server.version) return undefined;
    return new DriverError('refused', `the data of ${name} is of ${made}, and not of ${server.version}`);
  };
  const changes: Partial<DataDriver> = {
    refusal,
    provision: async (request, options) => {
      const refused = await refusal(request);
      if (refused) throw refused;
      await provision(request, options);
      versions.set(request.service, versions.get(request.service) ?? request.server?.version);
    },
    purge: async (request, options) => {
      await purge(request, options);
      versions.delete(request.service);
    },
    backups: {
      ...backups!,
      rename: async ({ service: from, to }, options) => {
        await backups!.rename({ service: from, to }, options);
        for (const kept of [versions, written] as Map<string, never>[]) {
          const value = kept.get(from);
          if (value !== undefined) kept.set(to, value);
          kept.delete(from);
        }
      },
    },
    upgrade: {
      missing: async () => undefined,
      write: async ({ service: of }) => void written.set(of, data.query(of, 'SELECT x FROM kept')),
      read: async ({ from }) => reads.of(from),
      forget: async ({ service: of }) => void written.delete(of),
    },
  };
  Object.assign(data, changes);
  const fill = async () => {
    await w.up();
    data.query(service, 'CREATE TABLE kept (x int)');
    data.query(service, 'INSERT INTO kept VALUES (1), (2)');
  };
  const kept = () => data.query(service, 'SELECT x FROM kept ORDER BY x').map(({ x }) => x);
  return { w, versions, reads, fill, kept };
}

describe('a service whose file asks for a newer version of its store', () => {
  it('has all of its data in it, and that of before is kept aside', async (t) => {
    const { w, versions, fill, kept } = versioned(t);
    await fill();
    w.write(files(file(18, COPY)));
    const status = await w.up();
    assert.equal(stateOf(status, service), 'ready');
    assert.deepEqual(
      [...versions],
      [
        ['aside.web', 15],
        [service, 18],
      ],
    );
    assert.deepEqual(kept(), [1, 2]);
    const { decisions } = w.system.parts.state;
    assert.match(decisions.latestOf(service, 'restored')?.text ?? '', /in PostgreSQL 18 now.*--confirm/);
  });

  it('is refused where nothing says how, and goes on', async (t) => {
    const { w, versions, fill, kept } = versioned(t);
    await fill();
    w.write(files(file(18)));
    await assert.rejects(w.up(), { code: 'invalid-spec' });
    assert.deepEqual([...versions], [[service, 15]]);
    assert.deepEqual(kept(), [1, 2]);
  });

  for (const [what, read, why] of [
    ['is not whole', async () => {}, /kept had 2 rows, and has none/],
    [
      'can not be read',
      async () => {
        throw new DriverError('refused', 'psql failed: no such type');
      },
      /psql failed: no such type/,
    ],
  ] as const) {
    it(`goes on with its old data where the copy ${what}, and says why, until it is asked again`, async (t) => {
      const { w, versions, reads, fill, kept } = versioned(t);
      await fill();
      const whole = reads.of;
      reads.of = read;
      w.write(files(file(18, COPY)));
      const status = await w.up();
      const [web] = status.services;
      assert.match(web?.blocked.join() ?? '', why);
      assert.equal(web?.instances.ready, 1);
      assert.deepEqual([...versions], [[service, 15]]);
      assert.deepEqual(kept(), [1, 2]);
      assert.match(w.system.parts.state.decisions.latestOf(service, 'upgrade-failed')?.why ?? '', why);
      reads.of = whole;
      assert.equal(stateOf(await w.up(), service), 'ready');
      assert.equal(versions.get(service), 18);
    });
  }

  it('has it in the end when the control plane is killed in the middle of it', async (t) => {
    const { w, versions, reads, fill, kept } = versioned(t);
    await fill();
    const whole = reads.of;
    const [reading, dying] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    reads.of = async () => {
      reading.resolve();
      await dying.promise;
      throw new Error('it dies');
    };
    w.write(files(file(18, COPY)));
    // Nobody is left to tell whoever asked.
    void w.up().catch(() => {});
    await reading.promise;
    const stage = 'its data is being taken over to another version: reading it into a new store';
    await w.until(({ services }) => services[0]?.why.startsWith(stage) ?? false);
    const closed = w.system.care.close();
    dying.resolve();
    await closed;
    assert.deepEqual([...versions.keys()], ['aside.web', service], 'left in the middle');
    reads.of = whole;
    await w.reopen();
    const status = await w.settled();
    assert.equal(stateOf(status, service), 'ready');
    assert.equal(versions.get(service), 18);
    assert.deepEqual(kept(), [1, 2]);
  });

  it('goes back to its data of before, whatever the file says', async (t) => {
    const { w, versions, fill, kept } = versioned(t);
    await fill();
    w.write(files(file(18, COPY)));
    await w.up();
    const call = { query: {}, signal: new AbortController().signal, params: { service } };
    const asideOf = async () => (await w.api.backups({ ...call, body: undefined }))[0]?.aside;
    assert.equal(await asideOf(), true);
    await w.api.endRestore({ ...call, body: { undo: true } });
    const status = await w.settled();
    assert.equal(stateOf(status, service), 'ready');
    assert.equal(await asideOf(), undefined);
    assert.deepEqual([...versions], [[service, 15]]);
    assert.deepEqual(kept(), [1, 2]);
  });

  it('is not taken over while the data of before a restore is kept', async (t) => {
    const { w, versions, fill } = versioned(t);
    await fill();
    w.write(files(file(18, COPY)));
    await w.up();
    w.write(files(file(19, COPY)));
    await assert.rejects(w.up(), { code: 'invalid-spec' });
    assert.equal(versions.get(service), 18);
  });
});

it('rows are counted table by table', () => {
  assert.deepEqual(differencesOf({ a: 1, b: 2 }, { a: 1, b: 2 }), []);
  assert.deepEqual(differencesOf({ a: 1, b: 2 }, { a: 3, c: 0 }), [
    'a had 1 rows, and has 3',
    'b had 2 rows, and has none',
    'c had no rows, and has 0',
  ]);
});
