import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, Bulkhead, RateLimiter, RetryBudget, Standing, Throttle } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import type { Waiter } from '../../src/guards.ts';
import { Arena, type Slot } from '../../src/shared/arena.ts';
import { Gauge } from '../../src/shared/gauge.ts';
import type { SlotKind } from '../../src/shared/layout.ts';
import type { Lock } from '../../src/shared/mutex.ts';
import { SharedBreaker } from '../../src/shared/shared-breaker.ts';
import { BucketTable, SharedRateLimiter } from '../../src/shared/shared-buckets.ts';
import { SharedBudget } from '../../src/shared/shared-budget.ts';
import { SharedBulkhead } from '../../src/shared/shared-bulkhead.ts';
import { SharedStanding } from '../../src/shared/shared-standing.ts';
import { SharedThrottle } from '../../src/shared/shared-throttle.ts';

const { breaker, outlier } = DEFAULT_TRAFFIC;
const limits = { requests: 2, connections: 4, pending: 5 } as const;
const admission = { k: 2, windowMs: 120_000, header: undefined };
const waiter: Waiter = { onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => undefined };
const dice = () => 0.5;
const none = () => undefined;

/** What changes something, and what only looks: all that there is of each machine is one or the other. */
interface Machine<T> {
  readonly of: { readonly prototype: T };
  readonly changes: Readonly<Record<string, (it: T) => unknown>>;
  readonly looks: readonly string[];
}

function machine<T>(of: Machine<T>['of'], changes: Machine<T>['changes'], looks: readonly string[]): Machine<T> {
  return { of, changes, looks };
}

const BULKHEAD = machine<Bulkhead<Waiter>>(
  Bulkhead<Waiter>,
  {
    tryEnter: (it) => it.tryEnter(limits),
    tryWait: (it) => it.tryWait(waiter, limits),
    pushOut: (it) => it.pushOut(waiter, 0),
    stopWaiting: (it) => it.stopWaiting(waiter),
    next: (it) => it.next(limits),
    leave: (it) => it.leave(),
    tryOpenTunnel: (it) => it.tryOpenTunnel(limits),
    becomeTunnel: (it) => it.becomeTunnel(),
    closeTunnel: (it) => it.closeTunnel(),
  },
  ['waiting', 'requests', 'tunnels', 'hasRoom', 'first'],
);

const BREAKER = machine<Breaker>(
  Breaker,
  {
    admit: (it) => it.admit(0, breaker!),
    record: (it) => it.record(0, { failed: true, slow: false, now: 0 }, breaker!),
    release: (it) => it.release(0),
    hope: (it) => it.hope(0),
  },
  ['stateAt', 'openedBy', 'refusedForMs', 'isProbe'],
);

const BUDGET = machine<RetryBudget>(
  RetryBudget,
  { request: (it) => it.request(0), tryRetry: (it) => it.tryRetry(0, 20) },
  ['requests', 'retries'],
);

const THROTTLE = machine<Throttle>(
  Throttle,
  {
    sheds: (it) => it.sheds('normal', { now: 0, dice }, admission),
    record: (it) => it.record('normal', { accepted: true, now: 0 }, admission),
  },
  ['shareShed', 'requests', 'accepts'],
);

const STANDING = machine<Standing>(
  Standing,
  {
    onFirstByte: (it) => it.onFirstByte({ now: 0, isProbe: false, isLate: false }),
    onAnswer: (it) => it.onAnswer(200, { now: 0, isProbe: false, isLate: false }),
    onFailure: (it) => it.onFailure(0),
    eject: (it) => it.eject('5xx', outlier!, { now: 0, dice }),
    tryProbe: (it) => it.tryProbe(0, { idempotent: true }),
    endProbe: (it) => it.endProbe(0),
    clear: (it) => it.clear(),
  },
  ['isOut', 'hangs', 'answeredAt', 'due', 'outForMs', 'tally', 'mayProbe'],
);

/** A request draws from all of its buckets at once: the other ways to draw belong to one that nobody shares. */
const RATES = machine<RateLimiter>(
  RateLimiter,
  { takeAll: (it) => it.takeAll([{ key: 'k', limit: { rps: 1, burst: 1, by: { kind: 'client' } } }], 0) },
  ['waitMs', 'spend', 'take', 'sweep', 'size'],
);

const GAUGE = machine<Gauge>(Gauge, { tryAdd: (it) => it.tryAdd(3), remove: (it) => it.remove() }, ['total']);

/** One machine of two threads, and the other's lock. */
interface Pair<T> {
  readonly it: T;
  readonly others: Lock;
}

function slots(kind: SlotKind): readonly [Slot, Slot] {
  const memory = Arena.memory();
  const company = { alone: false };
  return [0, 1].map((lane) => new Arena(memory, lane, company).open(kind, 'x')) as unknown as [Slot, Slot];
}

function over<T>(kind: SlotKind, make: (slot: Slot) => T): Pair<T> {
  const [own, others] = slots(kind);
  return { it: make(own), others: others.lock };
}

function buckets(): Pair<RateLimiter> {
  const memory = BucketTable.memory('salt');
  const [own, others] = [0, 1].map((lane) => new BucketTable(memory, lane, { alone: false }));
  return { it: new SharedRateLimiter(own!, 'x'), others: others!.lock };
}

function proves<T extends object>(name: string, { of, changes, looks }: Machine<T>, pair: () => Pair<T>): void {
  for (const [change, act] of Object.entries(changes)) {
    test(`${name}.${change} waits for whoever has the machine, and lets it go`, (t) => {
      const { it, others } = pair();
      let waited = 0;
      t.mock.method(Atomics, 'wait', () => {
        waited++;
        others.release();
        return 'ok';
      });
      others.take();
      act(it);
      assert.equal(waited, 1, 'it has not waited');
      others.take();
      assert.equal(waited, 1, 'it has not let go');
    });
  }

  test(`of a ${name}, all that changes something is known`, () => {
    const known = ['constructor', ...Object.keys(changes), ...looks];
    assert.deepEqual(Object.getOwnPropertyNames(of.prototype).sort(), known.sort());
  });
}

proves('bulkhead', BULKHEAD, () => over('guards', (slot) => new SharedBulkhead(slot, none)));
proves('breaker', BREAKER, () => over('guards', (slot) => new SharedBreaker(slot)));
proves('budget', BUDGET, () => over('guards', (slot) => new SharedBudget(slot)));
proves('throttle', THROTTLE, () => over('service', (slot) => new SharedThrottle(slot)));
proves('standing', STANDING, () => over('instance', (slot) => new SharedStanding(slot, none)));
proves('rate limiter', RATES, buckets);
proves('gauge', GAUGE, () => over('service', ({ state, own, lock }) => new Gauge(state, own, lock)));
