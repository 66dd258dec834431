import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker, Bulkhead, RateLimiter, RetryBudget, Standing, Throttle } from '@islet/policy';
import { PRIORITIES } from '@islet/spec/model';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import fc from 'fast-check';
import type { Waiter } from '../../src/guards.ts';
import { SharedStates, sharedMemory } from '../../src/shared/shared-states.ts';

/**
 * Whatever several threads do, one after the other, comes to what one thread would have done; and a thread that dies is one
 * that gives back at once what it had. What they do at the same moment is for the locks to put in an order.
 */

const LANES = 3;
const outlier = DEFAULT_TRAFFIC.outlier!;
const breaker = { ...DEFAULT_TRAFFIC.breaker!, minCalls: 4, windowMs: 5_000, slow: { afterMs: 1, ratePercent: 70 } };
const admission = { k: 1.2, windowMs: 12_000, header: undefined };
const limits = { requests: 5, connections: 8, pending: 0 } as const;
const limit = { rps: 20, burst: 4, by: { kind: 'client' } } as const;

const step = fc.record({
  lane: fc.nat(LANES - 1),
  op: fc.nat(5),
  afterMs: fc.oneof({ weight: 9, arbitrary: fc.nat(300) }, { weight: 1, arbitrary: fc.nat(9_000) }),
  flag: fc.boolean(),
  dies: fc.nat(60).map((chance) => chance === 0),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T & { readonly now: number } : never;

/** A machine that all lanes share, beside one of the same kind that is nobody else's. */
interface Trial<M> {
  open(states: SharedStates): M;
  /** Does the same to both, and compares them. */
  act(step: Step, shared: M): void;
  /** What the lane had is given back. */
  onDeath(lane: number): void;
}

function asOne<M>(begin: () => Trial<M>): void {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 250, size: 'max' }), (steps) => {
      const memory = sharedMemory('salt');
      const join = (lane: number) => new SharedStates({ memory, lane, tell: () => undefined });
      const trial = begin();
      const states = Array.from({ length: LANES }, (_, lane) => join(lane));
      const machines = states.map((it) => trial.open(it));
      let now = 1_000_000;
      for (const one of steps) {
        now += one.afterMs;
        trial.act({ ...one, now }, machines[one.lane]!);
        if (!one.dies) continue;
        // Its neighbour buries it, and another thread takes its lane.
        states[(one.lane + 1) % LANES]!.bury(one.lane);
        trial.onDeath(one.lane);
        machines[one.lane] = trial.open(join(one.lane));
      }
    }),
    { numRuns: 60 },
  );
}

const perLane = <T>(make: () => T): readonly T[] => Array.from({ length: LANES }, make);

test('places', () => {
  asOne(() => {
    const own = new Bulkhead<Waiter>();
    const held = perLane(() => ({ requests: 0, tunnels: 0 }));
    return {
      open: (states) => states.edge('web orders').guards.bulkhead,
      act({ op, lane, flag }, shared) {
        const has = held[lane]!;
        const both = (act: (it: Bulkhead<Waiter>) => unknown) => {
          const [one, other] = [act(own), act(shared)];
          assert.deepEqual(other, one);
          return one === true;
        };
        if (op <= 1 && both((it) => it.tryEnter(limits))) has.requests++;
        else if (op === 2 && both((it) => it.tryOpenTunnel(limits))) has.tunnels++;
        else if (op === 3 && has.tunnels > 0) {
          both((it) => it.closeTunnel());
          has.tunnels--;
        } else if (op >= 4 && has.requests > 0) {
          both((it) => (flag ? it.leave() : it.becomeTunnel()));
          has.requests--;
          if (!flag) has.tunnels++;
        }
        both((it) => [it.requests, it.hasRoom(limits), it.tryWait(NOBODY, limits)]);
      },
      onDeath(lane) {
        const has = held[lane]!;
        for (; has.requests > 0; has.requests--) own.leave();
        for (; has.tunnels > 0; has.tunnels--) own.closeTunnel();
      },
    };
  });
});

test('calls that find out, and what they found', () => {
  asOne(() => {
    const own = new Breaker();
    const calls = perLane<number[]>(() => []);
    return {
      open: (states) => states.edge('web orders').guards.breaker,
      act({ op, lane, flag, now }, shared) {
        const both = <T>(act: (it: Breaker) => T): T => {
          const [one, other] = [act(own), act(shared)];
          assert.deepEqual(other, one);
          return one;
        };
        if (op <= 2) {
          const generation = both((it) => it.admit(now, breaker));
          if (generation !== undefined) calls[lane]!.push(generation);
        } else if (op === 5 && flag) both((it) => it.hope(now));
        else {
          const generation = calls[lane]!.shift();
          if (generation === undefined) return;
          if (op === 5) both((it) => it.release(generation));
          else both((it) => it.record(generation, { failed: flag, slow: !flag, now }, breaker));
        }
        both((it) => [it.stateAt(now), it.openedBy, it.refusedForMs(now)]);
      },
      onDeath(lane) {
        for (const generation of calls[lane]!.splice(0)) own.release(generation);
      },
    };
  });
});

test('how an instance stands, and who finds out', () => {
  asOne(() => {
    const own = new Standing();
    const probes = perLane<number[]>(() => []);
    return {
      open: (states) => states.instance('orders', 'orders-a.0-1').standing,
      act({ op, lane, flag, now }, shared) {
        const both = <T>(act: (it: Standing) => T): T => {
          const [one, other] = [act(own), act(shared)];
          assert.deepEqual(other, one);
          return one;
        };
        const isProbe = probes[lane]!.length > 0 && flag;
        if (op === 0) both((it) => it.onAnswer(flag ? 500 : 503, { now, isProbe, isLate: false }));
        else if (op === 1) both((it) => it.onAnswer(200, { now, isProbe, isLate: false }));
        else if (op === 2) both((it) => (flag ? it.onFailure(now) : it.onFirstByte({ now, isProbe, isLate: false })));
        else if (op === 3) both((it) => it.eject(flag ? 'stall' : '5xx', outlier, { now, dice: () => 0 }));
        else if (op === 4 && both((it) => it.tryProbe(now, { idempotent: flag }))) probes[lane]!.push(now);
        else if (op === 5) {
          const beganAt = probes[lane]!.shift();
          if (beganAt !== undefined) both((it) => it.endProbe(beganAt));
        }
        both((it) => [it.isOut, it.hangs, it.answeredAt, it.due(outlier), it.mayProbe(now, { idempotent: true })]);
      },
      onDeath(lane) {
        for (const beganAt of probes[lane]!.splice(0)) own.endProbe(beganAt);
      },
    };
  });
});

test('retries, and requests by which they are measured', () => {
  asOne(() => {
    const own = new RetryBudget();
    return {
      open: (states) => states.edge('web orders').budget,
      act({ op, now }, shared) {
        if (op > 0) assert.equal(shared.tryRetry(now, 20), own.tryRetry(now, 20));
        else for (const it of [own, shared]) it.request(now);
        assert.deepEqual([shared.requests, shared.retries], [own.requests, own.retries]);
      },
      onDeath: () => undefined,
    };
  });
});

test('what a service has refused', () => {
  asOne(() => {
    const own = new Throttle();
    return {
      open: (states) => states.service('orders').throttle,
      act({ op, flag, now }, shared) {
        const priority = PRIORITIES[op % PRIORITIES.length]!;
        const [one, other] = [own, shared].map((it) => it.sheds(priority, { now, dice: () => 0.5 }, admission));
        assert.equal(other, one);
        if (one === false) for (const it of [own, shared]) it.record(priority, { accepted: flag, now }, admission);
        for (const it of PRIORITIES) assert.equal(shared.shareShed(it, admission), own.shareShed(it, admission));
      },
      onDeath: () => undefined,
    };
  });
});

test('tokens', () => {
  asOne(() => {
    const own = new RateLimiter();
    return {
      open: (states) => states.rate('orders'),
      act({ op, flag, now }, shared) {
        const keys = flag ? [`a${op}`] : [`a${op}`, 'all'];
        const draws = keys.map((key) => ({ key, limit }));
        assert.deepEqual(shared.takeAll(draws, now), own.takeAll(draws, now));
      },
      onDeath: () => undefined,
    };
  });
});

test('requests at the door', () => {
  asOne(() => {
    const at = perLane(() => ({ door: 0 }));
    const total = () => at.reduce((sum, { door }) => sum + door, 0);
    return {
      open: (states) => states.service('orders').atDoor,
      act({ op, lane }, shared) {
        const own = at[lane]!;
        if (op <= 3) {
          const isIn = total() < 6;
          assert.equal(shared.tryAdd(6), isIn);
          if (isIn) own.door++;
        } else if (own.door >= op - 3) {
          shared.remove(op - 3);
          own.door -= op - 3;
        }
        assert.equal(shared.total, total());
      },
      onDeath(lane) {
        at[lane]!.door = 0;
      },
    };
  });
});

const NOBODY: Waiter = { onPlace: () => undefined, onPushedOut: () => undefined, onRoom: () => undefined };
