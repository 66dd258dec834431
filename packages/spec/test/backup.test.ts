import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';

function backupOf(text: string) {
  const { database } = serviceOf(orders(`${RUN}${text}\n`));
  return database?.engine === 'external' ? 'none' : database?.backup;
}

describe('redis.backup', () => {
  const redisOf = (text: string) => {
    const { redis } = serviceOf(orders(`${RUN}${text}\n`));
    return redis && { backup: redis.backup, drill: redis.drill };
  };

  it('of a store is what a database has', () => {
    const { database } = serviceOf(orders(`${RUN}database: postgres\n`));
    assert.ok(database !== undefined && database.engine !== 'external');
    const { backup, drill } = database;
    assert.ok(backup !== undefined && drill !== undefined);
    // A service is served from its database alone.
    assert.deepEqual(redisOf('redis: store'), { backup, drill: { ...drill, smoke: false } });
    assert.deepEqual(redisOf('redis: { as: store, backup: { every: 6h }, drill: off }'), {
      backup: { ...backup, everyMs: 21_600_000 },
      drill: undefined,
    });
  });

  it('of a cache there is none, and that follows from what it is', () => {
    assert.deepEqual(redisOf('redis: cache'), { backup: undefined, drill: undefined });
    const { origins } = serviceOf(orders(`${RUN}redis: cache\n`));
    assert.deepEqual(origins.get('redis.backup'), { kind: 'derived', from: 'redis.as' });
    assert.deepEqual(redisOf('redis: { as: cache, backup: off, drill: off }')?.backup, undefined);
  });

  it('of a store can be required by a rollout', () =>
    assert.ok(serviceOf(orders(`${RUN}redis: store\nrollout: { requires: [drill] }\n`))));

  for (const { text, path, message } of [
    { text: 'redis: { as: cache, backup: { every: 6h } }', path: 'redis.backup', message: /begins empty/ },
    { text: 'redis: { as: cache, drill: { every: 1d } }', path: 'redis.drill', message: /begins empty/ },
    {
      text: 'redis: { as: store, backup: off, drill: { every: 1d } }',
      path: 'redis.drill',
      message: /nothing to prove/,
    },
    {
      text: 'redis: { as: store, drill: { check: [{ query: LLEN a }] } }',
      path: 'redis.drill.check[0]',
      message: /says nothing/,
    },
    {
      text: 'redis: cache\nrollout: { requires: [drill] }',
      path: 'rollout.requires[0]',
      message: /no store that drills/,
    },
    {
      text: 'database: { engine: postgres, backup: off, drill: off }\nrollout: { requires: [backup] }',
      path: 'rollout.requires[0]',
      message: /no store that is backed up/,
    },
    {
      text: 'database: { engine: postgres, drill: off }\nrollout: { requires: [backup, drill] }',
      path: 'rollout.requires[1]',
      message: /no store that drills/,
    },
  ]) {
    it(`refuses ${text}`, () => {
      const [error] = errorsOf(orders(`${RUN}${text}\n`));
      assert.equal(error?.path, path);
      assert.match(error?.message ?? '', message);
    });
  }
});

describe('database.backup', () => {
  const usual = { everyMs: 86_400_000, pitr: true, keep: { daily: 7, weekly: 4, monthly: 0 } };

  it('is on where nothing is said', () => {
    for (const engine of ['postgres', 'sqlite']) assert.deepEqual(backupOf(`database: ${engine}`), usual);
  });

  it('takes what is said, and keeps the defaults of the rest', () => {
    assert.deepEqual(backupOf('database: { engine: postgres, backup: { every: 6h, keep: { daily: 14 } } }'), {
      ...usual,
      everyMs: 21_600_000,
      keep: { ...usual.keep, daily: 14 },
    });
  });

  it('can be off', () => assert.equal(backupOf('database: { engine: postgres, backup: off }'), undefined));

  it('comes from its line or its default', () => {
    const { origins } = serviceOf(orders(`${RUN}database: { engine: postgres, backup: { every: 6h } }\n`));
    assert.equal(origins.get('database.backup.every')?.kind, 'file');
    assert.equal(origins.get('database.backup.keep.daily')?.kind, 'default');
  });

  it('serves what a drill restored to its smoke test, unless it is told otherwise', () => {
    for (const [text, smoke] of [
      ['database: postgres', true],
      ['database: { engine: postgres, drill: { smoke: false } }', false],
    ] as const) {
      const { database } = serviceOf(orders(`${RUN}${text}\n`));
      assert.equal(database?.engine === 'external' ? undefined : database?.drill?.smoke, smoke);
    }
  });

  for (const { text, path, message } of [
    {
      text: 'database: { url: { secret: a }, backup: { every: 6h } }',
      path: 'database.backup',
      message: /whoever runs it/,
    },
    { text: 'database: { engine: postgres, backup: { every: 1s } }', path: 'database.backup.every', message: /1m/ },
    {
      text: 'database: { engine: postgres, backup: { keep: { daily: 0 } } }',
      path: 'database.backup.keep.daily',
      message: /./,
    },
    {
      text: 'database: { engine: postgres, backup: off, drill: { every: 1d } }',
      path: 'database.drill',
      message: /nothing to prove/,
    },
    {
      text: 'database: { engine: postgres, drill: { check: [{ query: SELECT 1 }] } }',
      path: 'database.drill.check[0]',
      message: /says nothing/,
    },
    {
      text: 'database: { engine: postgres, drill: { smoke: tests/smoke.http } }',
      path: 'database.drill.smoke',
      message: /true or false/,
    },
    { text: 'database: { engine: postgres, backup: { evry: 6h } }', path: 'database.backup.evry', message: /./ },
  ]) {
    it(`refuses ${text}`, () => {
      const [error] = errorsOf(orders(`${RUN}${text}\n`));
      assert.equal(error?.path, path);
      assert.match(error?.message ?? '', message);
    });
  }
});
