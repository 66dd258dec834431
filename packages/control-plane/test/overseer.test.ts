import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { DataDriver } from '@islet/driver';
import type { Supervisor } from '@islet/supervise';
import { pino } from 'pino';
import { createOverseer } from '../src/backup/overseer.ts';
import { STATE_STORE } from '../src/backup/state-reader.ts';
import type { TurnReport } from '../src/reconcile.ts';
import { VirtualClock } from '../src/testing/index.ts';

const BACKUP = { everyMs: 1_000, pitr: true, keep: { daily: 7, weekly: 4, monthly: 0 } };

test('a copy that is asked for while a store is being reached is made', async (t) => {
  const { overseer, reaching, turn, askedAt } = setUp(t);
  await turn(1);
  reaching.answer();
  await new Promise(setImmediate);
  assert.equal(askedAt('orders'), undefined);
  // Its server is started again, so that the way to it is asked for anew.
  reaching.begin();
  await turn(2);
  const at = overseer.ask(['orders']);
  reaching.answer();
  await new Promise(setImmediate);
  assert.equal(askedAt('orders'), at);
});

test('Islet’s own state is copied after whatever somebody asks for, and after each secret', async (t) => {
  const { overseer, changes, reaching, turn, askedAt } = setUp(t);
  await turn(1);
  reaching.answer();
  await new Promise(setImmediate);
  // A copy of the same millisecond may be without it.
  assert.equal(askedAt(STATE_STORE), 101);
  changes.secretAt = 200;
  await turn(1);
  assert.equal(askedAt(STATE_STORE), 201);
  changes.appliedAt = 300;
  await turn(1);
  assert.equal(askedAt(STATE_STORE), 301);
  // Somebody asks for a copy of a store, later.
  const at = overseer.ask([STATE_STORE]);
  await turn(1);
  assert.equal(askedAt(STATE_STORE), Math.max(at, 301));
});

function setUp(t: TestContext) {
  const state = mkdtempSync(join(tmpdir(), 'islet-overseer-'));
  t.after(() => rmSync(state, { recursive: true, force: true }));
  const service = { spec: { name: 'orders', database: { engine: 'postgres', backup: BACKUP } } };
  const current = { mode: 'revisions', goingDown: false, services: [service] };
  const changes = { appliedAt: 100, secretAt: 0 };
  const applied = { current: () => current, changedAt: () => changes.appliedAt };
  const secrets = { changedAt: () => changes.secretAt };
  const reached = { engine: 'postgres', how: {} };
  let reach = Promise.withResolvers<typeof reached>();
  const overseer = createOverseer({
    state: { layout: { state, runtime: state }, applied, secrets } as never,
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
  t.after(() => overseer.close());
  return {
    overseer,
    changes,
    reaching: {
      begin: () => {
        reach = Promise.withResolvers();
      },
      answer: () => reach.resolve(reached),
    },
    turn: async (port: number) => {
      const stores = { orders: { kind: 'ready', port } };
      overseer.look({ look: { engines: [{ engine: 'postgres', stores }] } } as unknown as TurnReport);
      await new Promise(setImmediate);
    },
    askedAt: (store: string) => overseer.orders().find(({ service }) => service === store)?.askedAt,
  };
}
