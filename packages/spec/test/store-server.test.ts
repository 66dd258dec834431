import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as described } from '../src/index.ts';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const serverOf = (database: string) => serviceOf(orders(`${RUN}database: ${database}\n`)).database?.server;

describe('database.version and database.binaries', () => {
  it("are the data's own version and npm's programs where nothing is said", () => {
    assert.deepEqual(serverOf('postgres'), { version: undefined, binaries: 'npm' });
    const shown = described(serviceOf(orders(`${RUN}database: postgres\n`)));
    assert.equal(shown.find(({ path }) => path === 'database.binaries')?.origin.kind, 'default');
    assert.equal(
      shown.find(({ path }) => path === 'database.version'),
      undefined,
    );
  });

  it('are what is said, and describe says where', () => {
    const said = '{ engine: postgres, version: 15, binaries: system }';
    assert.deepEqual(serverOf(said), { version: 15, binaries: 'system' });
    const shown = described(serviceOf(orders(`${RUN}database: ${said}\n`)));
    for (const key of ['version', 'binaries'])
      assert.equal(shown.find(({ path }) => path === `database.${key}`)?.origin.kind, 'file', key);
    assert.deepEqual(serverOf('{ engine: postgres, binaries: /opt/pg/bin }'), {
      version: undefined,
      binaries: '/opt/pg/bin',
    });
  });

  it('are none of an engine that has no such', () => {
    for (const engine of ['sqlite', 'mariadb', '{ url: { secret: a } }']) assert.equal(serverOf(engine), undefined);
  });

  for (const [text, path, words] of [
    ['{ engine: postgres, version: 18.4 }', 'database.version', /major version, 15 or newer: 18/],
    ['{ engine: postgres, version: "18" }', 'database.version', /major version, 15 or newer: 18/],
    ['{ engine: postgres, version: 14 }', 'database.version', /at least 15; found 14/],
    ['{ engine: postgres, binaries: opt/pg }', 'database.binaries', /npm, system, or an absolute folder/],
    ['{ engine: postgres, binaries: debian }', 'database.binaries', /npm, system, or an absolute folder/],
    ['{ engine: sqlite, version: 15 }', 'database.version', /for postgres, and this is sqlite.*comes with Node/],
    ['{ engine: mariadb, version: 15 }', 'database.version', /this is mariadb.*the machine's own: install/],
    ['{ engine: mariadb, binaries: system }', 'database.binaries', /this is mariadb.*the machine's own/],
    ['{ url: { secret: a }, version: 15 }', 'database.version', /an outside server.*remove it/],
    ['{ engine: postgres, upgrade: copy }', 'database.upgrade', /which version.*write version: 18/],
    ['{ engine: postgres, version: 18, upgrade: yes }', 'database.upgrade', /copy/],
    ['{ engine: sqlite, upgrade: copy }', 'database.upgrade', /for postgres and mariadb, and this is sqlite/],
    [
      '{ engine: mariadb, upgrade: copy }',
      'database.upgrade',
      /of mariadb is taken over by in-place.*write upgrade: in-place/,
    ],
    ['{ engine: postgres, version: 18, upgrade: in-place }', 'database.upgrade', /write upgrade: copy/],
    ['{ engine: postgres, image: "postgres:18" }', 'database.image', /database\.version: 18/],
  ] as const) {
    it(`refuses ${text}`, () => {
      const [error] = errorsOf(orders(`${RUN}database: ${text}\n`));
      assert.equal(error?.path, path);
      assert.match(`${error?.message} ${error?.hint}`, words);
    });
  }

  it('are left by a newer one only where the file says how', () => {
    const upgradeOf = (database: string) => serviceOf(orders(`${RUN}database: ${database}\n`)).database?.upgrade;
    assert.equal(upgradeOf('{ engine: postgres, version: 18 }'), undefined);
    assert.equal(upgradeOf('{ engine: postgres, version: 18, upgrade: copy }'), 'copy');
    assert.equal(upgradeOf('{ engine: mariadb, upgrade: in-place }'), 'in-place');
  });

  it('of a Redis are not said: it is the one of the machine', () => {
    const [error] = errorsOf(orders(`${RUN}redis: { as: store, version: 7 }\n`));
    assert.equal(error?.path, 'redis.version');
    assert.match(error?.hint ?? '', /valkey-server or redis-server/);
  });
});
