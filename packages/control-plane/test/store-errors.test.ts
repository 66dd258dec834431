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
        ? [new DriverError('refused', 'the data of web is of PostgreSQL 18', { hint: 'version: 18' })]
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
  const signal = AbortSignal.timeout(1000);
  assert.deepEqual(await missingServers(spec, [w.redis, driver], { signal }), [
    JSON.stringify({ service: 'orders', server }),
  ]);
});
