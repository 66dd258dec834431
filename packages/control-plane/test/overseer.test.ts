import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { DataDriver } from '@islet/driver';
import type { Supervisor } from '@islet/supervise';
import { pino } from 'pino';
import { createOverseer } from '../src/backup/overseer.ts';
import type { TurnReport } from '../src/reconcile.ts';
import { VirtualClock } from '../src/testing/index.ts';

const BACKUP = { everyMs: 1_000, pitr: true, keep: { daily: 7, weekly: 4, monthly: 0 } };

test('a copy that is asked for while a store is being reached is made', async (t) => {
  const state = mkdtempSync(join(tmpdir(), 'islet-overseer-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const service = { spec: { name: 'orders', database: { engine: 'postgres', backup: BACKUP } } };
  const applied = { mode: 'revisions', goingDown: false, services: [service] };
  const reached = { engine: 'postgres', how: {} };
  let reach = Promise.withResolvers<typeof reached>();
  const overseer = createOverseer({
    state: { layout: { state, runtime: state }, applied: { current: () => applied }, secrets: {} } as never,
    data: [{ engine: 'postgres', backups: { source: () => reach.promise } } as unknown as DataDriver],
    supervisor: {
      observe: () => new Map(),
      onExit: () => ({ [Symbol.dispose]: () => undefined }),
      start: async () => undefined,
    } as Partial<Supervisor> as Supervisor,
    clock: new VirtualClock(),
    log: pino({ level: 'silent' }),
    argv: [],
  });
  const turn = async (port: number) => {
    const stores = { orders: { kind: 'ready', port } };
    overseer.look({ look: { engines: [{ engine: 'postgres', stores }] } } as unknown as TurnReport);
    await new Promise(setImmediate);
  };
  const askedAt = () => overseer.orders().find((order) => order.service === 'orders')?.askedAt;

  await turn(1);
  reach.resolve(reached);
  await new Promise(setImmediate);
  assert.equal(askedAt(), undefined);
  // Its server is started again, so that the way to it is asked for anew.
  reach = Promise.withResolvers();
  await turn(2);
  const at = overseer.ask(['orders']);
  reach.resolve(reached);
  await new Promise(setImmediate);
  assert.equal(askedAt(), at);
  overseer.close();
});
