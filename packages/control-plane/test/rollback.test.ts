import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '@islet/client';
import { unseen } from '@islet/plan';
import { rolloutHandlers } from '../src/api/rollout.ts';
import { leftBehind, onItsStore, rollbackTo } from '../src/rollback.ts';
import type { AppliedService } from '../src/store/applied.ts';
import type { Rollouts } from '../src/store/decisions.ts';
import { launchSpec } from './support.ts';

const failure: Failure = { step: 'rollout', reason: 'worse', at: 0, log: [] };
const generation = (revision: string) => ({ revision, generation: `${revision}.0` });
const ROLLOUTS: Rollouts = {
  stable: generation('ccc'),
  fallback: generation('bbb'),
  promotedAt: 0,
  progress: undefined,
  failed: new Map(),
  migrated: [],
  contracts: [],
  later: new Map(),
  cutOff: new Map(),
  promoted: ['ccc', 'bbb', 'aaa'],
};
const SEEN = { ...unseen('web'), built: ['aaa', 'bbb', 'ccc'] };
const warm = {
  id: 'web-bbb.0-0',
  ...generation('bbb'),
  index: 0,
  exits: 0,
  firstStartedAt: 0,
  state: { kind: 'ready', since: 0 },
} as const;

function back(asked: string | undefined, changes: { rollouts?: Partial<Rollouts>; seen?: Partial<typeof SEEN> } = {}) {
  const one = { spec: launchSpec('web'), revision: 'ccc', restarts: 0 };
  return rollbackTo({
    one,
    asked,
    rollouts: { ...ROLLOUTS, ...changes.rollouts },
    seen: { ...SEEN, ...changes.seen },
  });
}

test('goes back to the revision before, as a generation that never was', () => {
  assert.deepEqual(back(undefined), { revision: 'bbb', restarts: 1 });
});

test('goes back in bytes, and not in the version of its data', () => {
  const of = (version: number, engine: 'postgres' | 'mariadb' = 'postgres') => {
    const backup = { backup: undefined, drill: undefined };
    const common = { migrations: undefined, migrate: undefined, seed: undefined, settings: {} };
    const database = { engine, ...common, ...backup, server: { version, binaries: 'npm' } };
    return launchSpec('web', {}, { database });
  };
  assert.deepEqual(onItsStore(of(15), of(18)), of(18));
  assert.deepEqual(onItsStore(of(15), of(18, 'mariadb')), of(15));
  assert.deepEqual(onItsStore(launchSpec('web'), of(18)), launchSpec('web'));
});

test('asked once more, goes further back, and not to what was just left', () => {
  const visited: string[] = [];
  let { promoted } = ROLLOUTS;
  let one: Pick<AppliedService, 'spec' | 'revision' | 'restarts' | 'leftBehind'> = {
    spec: launchSpec('web'),
    revision: 'ccc',
    restarts: 0,
  };
  const go = (asked?: string) => {
    const to = rollbackTo({ one, asked, rollouts: { ...ROLLOUTS, promoted }, seen: SEEN });
    // What is gone back to is promoted anew, and is the newest then.
    promoted = [to.revision, ...promoted.filter((other) => other !== to.revision)];
    one = { ...one, ...to, leftBehind: leftBehind(one, to.revision) };
    visited.push(to.revision);
  };
  go();
  go();
  assert.deepEqual(visited, ['bbb', 'aaa']);
  assert.throws(() => go(), { message: /no revision before aaa/, hint: /islet rollback web bbb returns to/ });
  go('ccc');
  go();
  assert.deepEqual(visited, ['bbb', 'aaa', 'ccc', 'aaa']);
});

test('takes instances that are warm as they are', () => {
  assert.deepEqual(back(undefined, { seen: { instances: [warm] } }), { revision: 'bbb', restarts: 0 });
});

test('passes over a revision that was given up, unless it is named', () => {
  const failed = new Map([['bbb.0', failure]]);
  assert.deepEqual(back(undefined, { rollouts: { failed } }), { revision: 'aaa', restarts: 0 });
  assert.deepEqual(back('bb', { rollouts: { failed } }), { revision: 'bbb', restarts: 1 });
  const seen = { instances: [warm] };
  assert.deepEqual(
    back('bb', { rollouts: { failed }, seen }),
    { revision: 'bbb', restarts: 1 },
    'its instances are ill',
  );
});

for (const [what, asked, changes, message] of [
  ['is unknown', 'fff', {}, /fff never worked here/],
  ['is asked for already', 'cc', {}, /asked to be at revision ccc already/],
  ['has lost its bytes', 'aaa', { seen: { built: ['ccc'] } }, /bytes of revision aaa of web are gone/],
  [
    'a contract migration has cut off',
    'aaa',
    { rollouts: { cutOff: new Map([['aaa', '2.contract.sql']]) } },
    /2\.contract\.sql has been applied/,
  ],
  ['does not exist', undefined, { rollouts: { promoted: ['ccc'] } }, /no revision before ccc/],
] as const) {
  test(`refuses a revision that ${what}`, () => {
    assert.throws(() => back(asked, changes as never), message);
  });
}

test('goes back from what is asked for when it is done, and not from what was when somebody looked', async () => {
  const now = (revision: string) =>
    ({ spec: launchSpec('web'), revision, restarts: 0, after: [] }) as unknown as AppliedService;
  let one = now('ccc');
  const asked: Partial<AppliedService>[] = [];
  const traffic = { acknowledged: undefined, inFlight: {}, longLived: {}, removedAt: {} };
  const system = {
    look: async () => {
      one = now('ddd');
      return { observed: { services: { web: SEEN }, traffic, held: {} } };
    },
    desired: () => ({ services: [], routes: '' }),
    parts: {
      clock: { now: () => 0 },
      state: { decisions: { rollouts: () => ROLLOUTS }, applied: { launch: () => launchSpec('web') } },
    },
  };
  const { rollback } = rolloutHandlers(system as never, {
    wanted: () => one,
    change: (_, changes) => {
      asked.push(changes(one));
      return { revision: 1, changed: true, warnings: [] };
    },
  });
  const request = { params: { service: 'web' }, query: {}, body: {}, signal: new AbortController().signal };
  await rollback(request);
  assert.deepEqual([asked[0]?.revision, asked[0]?.wentBackFrom], ['ccc', 'ddd']);
});
