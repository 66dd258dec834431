import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ApiError } from '@islet/client';
import { DriverError } from '@islet/driver';
import { apply } from '../src/apply.ts';
import { missingServers } from '../src/declared-stores.ts';
import { launchSpec } from './support.ts';
import { TWO, world } from './world.ts';

const ASKED = { environment: undefined, path: '/usr/bin', mode: 'revisions', changed: [] } as const;
const WEB = 'services/web/service.yaml';

describe('a file that asks for what the data can not be', () => {
  it('is told with its line and the remedy, and nothing at all changes', async (t) => {
    const w = world(t);
    await w.up();
    const { applied } = w.system.parts.state;
    const before = applied.seq();
    w.write({
      'services/catalog/service.yaml': 'run: { command: serve --new }\n',
      [WEB]: 'run: { command: serve }\ndatabase:\n  engine: postgres\n  version: 15\n',
    });
    const refusals = async ({ name }: { readonly name: string }) =>
      name === 'web'
        ? [
            {
              engine: 'postgres' as const,
              error: new DriverError('refused', 'the data of web is of PostgreSQL 18', { hint: 'version: 18' }),
            },
          ]
        : [];
    const asking = apply(ASKED, { ...w.system.applying, refusals });
    await assert.rejects(asking, (error) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.code, 'invalid-spec');
      assert.deepEqual(error.errors, [
        {
          place: { file: WEB, line: 4, column: 12 },
          path: 'database.version',
          rule: 'value',
          message: 'the data of web is of PostgreSQL 18',
          found: '15',
          hint: 'version: 18',
        },
      ]);
      return true;
    });
    assert.equal(applied.seq(), before);
  });
});

for (const [engine, text, path, line] of [
  ['mariadb', 'database:\n  engine: mariadb\n', 'database.engine', 3],
  ['redis', 'redis:\n  as: store\n', 'redis.as', 3],
] as const)
  it(`data of ${engine} that the machine's server can't read is told where the file asks for it`, async (t) => {
    const w = world(t);
    w.write({ [WEB]: `run: { command: serve }\n${text}` });
    const error = new DriverError('refused', 'it is of a newer one', { hint: 'install that' });
    const refusals = async ({ name }: { readonly name: string }) => (name === 'web' ? [{ engine, error }] : []);
    await assert.rejects(apply(ASKED, { ...w.system.applying, refusals }), (thrown) => {
      assert.ok(thrown instanceof ApiError);
      const [told] = thrown.errors ?? [];
      assert.deepEqual([told?.path, told?.place.line, told?.message], [path, line, 'it is of a newer one']);
      return true;
    });
  });

it('a store is asked for as its file says when it is looked for what is missing', async (t) => {
  const w = world(t, TWO);
  const server = { version: 15, binaries: 'system' };
  const limits = { memoryBytes: 1, connections: 1 };
  const database = { engine: 'postgres', server, limits } as const;
  const spec = { ...launchSpec('orders'), database } as unknown as ReturnType<typeof launchSpec>;
  const driver = {
    ...w.data,
    engine: 'postgres' as const,
    missing: async (wish: unknown) => JSON.stringify(wish),
  };
  const signal = AbortSignal.timeout(60_000);
  assert.deepEqual(await missingServers(spec, [w.redis, driver], { signal }), [
    JSON.stringify({ service: 'orders', server }),
  ]);
});
