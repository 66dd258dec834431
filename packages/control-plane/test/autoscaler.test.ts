import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { InstanceUsage } from '@islet/driver';
import type { ObservedInstance } from '@islet/plan';
import { Histogram } from '@islet/policy';
import type { ScaleSpec } from '@islet/spec';
import { type AutoscalerParts, createAutoscaler } from '../src/scale/autoscaler.ts';
import type { EdgeCounters } from '../src/scale/load.ts';
import type { Applied, AppliedService } from '../src/store/applied.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { type Decisions, openDecisions } from '../src/store/decisions.ts';
import { VirtualClock } from '../src/testing/index.ts';
import { launchSpec } from './support.ts';

const BY_RPS: ScaleSpec = {
  min: 1,
  max: 6,
  schedule: [],
  priority: 50,
  zero: undefined,
  targets: [{ metric: 'rps', value: 100 }],
};
const ZERO = { afterMs: 60_000, holdMs: 30_000, requests: 100 };

function applied(name: string, scale: ScaleSpec, changes: Partial<AppliedService> = {}): AppliedService {
  const spec = launchSpec(name, {}, { scale });
  return {
    spec,
    revision: 'r1',
    restarts: 0,
    instances: scale.min,
    scaledFrom: undefined,
    after: [],
    blocked: [],
    since: 0,
    ...changes,
  };
}

/** One proxy whose counters grow as a test says, and instances that are all ready at once. */
function following(t: TestContext, services: readonly AppliedService[], changes: Partial<AutoscalerParts> = {}) {
  const clock = new VirtualClock();
  const decisions = openDecisions(openDatabase(IN_MEMORY));
  const counters = new Map<string, { requests: number; inFlight: number; latency: Histogram }>();
  const usage: Record<string, InstanceUsage> = {};
  let isThere = true;
  const state = { applied: { services } as unknown as Applied };
  const parts: AutoscalerParts = {
    applied: () => state.applied,
    decisions,
    clock,
    idle: false,
    onChange: () => {},
    onTrouble: () => {},
    machine: { cpu: 9, memoryBytes: 1e10 },
    usage: async () => ({ ...usage }),
    stats: async () => {
      if (!isThere) throw new Error('the proxy is gone');
      return { edges: [...counters].map(([service, counts]) => edgeOf(service, counts)) };
    },
    seen: (name) => {
      const service = state.applied.services.find(({ spec }) => spec.name === name);
      return service === undefined ? [] : readyOf(name, autoscaler.instances(service));
    },
    ...changes,
  };
  const autoscaler = createAutoscaler(parts);
  t.after(() => autoscaler.close());
  /** So many requests a second of `ms` each, for so many seconds. */
  const serve = async (name: string, { rps, ms = 10, seconds }: { rps: number; ms?: number; seconds: number }) => {
    for (let second = 0; second < seconds; second++) {
      const counts = counters.get(name) ?? { requests: 0, inFlight: 0, latency: new Histogram() };
      counts.requests += rps;
      for (let request = 0; request < rps; request++) counts.latency.record(ms * 1000);
      counters.set(name, counts);
      await clock.pass(1_000);
    }
  };
  const numberOf = (name: string) => {
    const service = state.applied.services.find(({ spec }) => spec.name === name);
    return service && autoscaler.instances(service);
  };
  const proxy = (there: boolean) => {
    isThere = there;
  };
  return { clock, decisions, autoscaler, serve, numberOf, proxy, usage, counters, state, parts };
}

function promote(decisions: Decisions): void {
  decisions.record({ kind: 'promoted', service: 'web', revision: 'r1', generation: 'r1.0' }, 0);
}

function edgeOf(service: string, counts: { requests: number; inFlight: number; latency: Histogram }): EdgeCounters {
  const { requests, inFlight, latency } = counts;
  return { from: { kind: 'gateway' }, service, requests, inFlight, latencyUs: latency.toJSON() };
}

function readyOf(name: string, count: number): ObservedInstance[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${name}-r1.0-${index}`,
    revision: 'r1',
    generation: 'r1.0',
    index,
    exits: 0,
    firstStartedAt: 0,
    state: { kind: 'ready', since: 0 },
  }));
}

describe('automatic scaling', () => {
  it('follows the load up at once, and down after five minutes', async (t) => {
    const { serve, numberOf, decisions } = following(t, [applied('web', BY_RPS)]);
    await serve('web', { rps: 80, seconds: 20 });
    assert.equal(numberOf('web'), 1);
    await serve('web', { rps: 480, seconds: 2 });
    assert.equal(numberOf('web'), 5);
    await serve('web', { rps: 80, seconds: 280 });
    assert.equal(numberOf('web'), 5);
    await serve('web', { rps: 80, seconds: 40 });
    assert.equal(numberOf('web'), 1);
    const kinds = decisions.list({ service: 'web' }).map(({ decision }) => decision.kind);
    assert.ok(kinds.length <= 3 && kinds.every((kind) => kind === 'scaled'));
  });

  it('goes on where the last control plane was, and takes nothing away before it has looked for long enough', async (t) => {
    const { serve, numberOf, autoscaler, parts, state, clock } = following(t, [applied('web', BY_RPS)]);
    await serve('web', { rps: 480, seconds: 10 });
    autoscaler.close();
    const next = createAutoscaler(parts);
    t.after(() => next.close());
    const service = state.applied.services[0];
    assert.ok(service !== undefined);
    assert.equal(next.instances(service), numberOf('web'));
    await clock.pass(280_000);
    assert.equal(next.instances(service), 5);
  });

  it('leaves the number alone while the proxy can not be asked', async (t) => {
    const { serve, numberOf, proxy, clock, autoscaler } = following(t, [applied('web', BY_RPS)]);
    await serve('web', { rps: 300, seconds: 20 });
    proxy(false);
    await clock.pass(600_000);
    assert.equal(numberOf('web'), 3);
    assert.match(autoscaler.scaling('web')?.why ?? '', /nothing could be measured, so it stays at 3/);
  });

  it("leaves a person's number alone until it is given back", async (t) => {
    const byHand = applied('web', BY_RPS, { instances: 2, scaledFrom: 1 });
    const { serve, numberOf, state } = following(t, [byHand]);
    await serve('web', { rps: 600, seconds: 20 });
    assert.equal(numberOf('web'), 2);
    state.applied = { ...state.applied, services: [applied('web', BY_RPS)] };
    await serve('web', { rps: 600, seconds: 20 });
    assert.equal(numberOf('web'), 6);
  });

  it('keeps to the budget of the machine, the higher priority first', async (t) => {
    const resources = { cpu: 1, memoryBytes: undefined };
    const run = launchSpec('any').run;
    const costly = (name: string, priority: number) => {
      const service = applied(name, { ...BY_RPS, priority });
      return { ...service, spec: { ...service.spec, run: { ...run, resources } } };
    };
    const { counters, serve, numberOf, autoscaler } = following(t, [costly('web', 50), costly('shop', 60)], {
      machine: { cpu: 7, memoryBytes: 1e10 },
    });
    counters.set('web', { requests: 0, inFlight: 0, latency: new Histogram() });
    for (let second = 0; second < 10; second++) {
      const web = counters.get('web');
      if (web !== undefined) web.requests += 400;
      await serve('shop', { rps: 400, seconds: 1 });
    }
    assert.deepEqual([numberOf('shop'), numberOf('web')], [4, 2]);
    assert.match(
      autoscaler.scaling('web')?.why ?? '',
      /of the 4 that it should have, the machine's budget has cores for 2/,
    );
  });

  it('ends nothing that is used for a budget that shrank, which is met as the load goes', async (t) => {
    const service = applied('web', BY_RPS);
    const run = { ...service.spec.run, resources: { cpu: 1, memoryBytes: undefined } };
    const costly = { ...service, spec: { ...service.spec, run } };
    const { serve, numberOf, state } = following(t, [costly]);
    await serve('web', { rps: 400, seconds: 15 });
    assert.equal(numberOf('web'), 4);
    state.applied = { ...state.applied, machine: { cpu: 2, memoryBytes: undefined } };
    await serve('web', { rps: 600, seconds: 15 });
    assert.equal(numberOf('web'), 4);
    await serve('web', { rps: 200, seconds: 400 });
    assert.equal(numberOf('web'), 2);
  });

  it('measures cores by what the instances used in between', async (t) => {
    const scale = { ...BY_RPS, targets: [{ metric: 'cpu', value: 50 }] } as const;
    const { clock, numberOf, usage } = following(t, [applied('web', scale)]);
    for (let second = 0; second < 12; second++) {
      usage['web-r1.0-0'] = { cpuMs: second * 1_000, memoryBytes: 1 };
      await clock.pass(1_000);
    }
    assert.equal(numberOf('web'), 2);
  });

  it('scales to none when nobody asks, and to one as soon as a request waits', async (t) => {
    const scale = { ...BY_RPS, min: 0, zero: ZERO };
    const { serve, numberOf, clock, counters, autoscaler, decisions } = following(t, [applied('web', scale)]);
    promote(decisions);
    await serve('web', { rps: 10, seconds: 10 });
    await clock.pass(50_000);
    assert.equal(numberOf('web'), 1);
    await clock.pass(20_000);
    assert.equal(numberOf('web'), 0);
    const counts = counters.get('web');
    assert.ok(counts !== undefined);
    counts.requests++;
    counts.inFlight = 1;
    autoscaler.wake();
    await clock.pass(0);
    assert.equal(numberOf('web'), 1);
  });

  it('has one instance of a new revision, though nobody asks, until that has proved itself', async (t) => {
    const scale = { ...BY_RPS, min: 0, zero: ZERO };
    const { serve, numberOf, clock, decisions } = following(t, [applied('web', scale)]);
    await serve('web', { rps: 1, seconds: 10 });
    await clock.pass(600_000);
    assert.equal(numberOf('web'), 1);
    promote(decisions);
    await clock.pass(10_000);
    assert.equal(numberOf('web'), 0);
    assert.equal(decisions.list({ service: 'web' }).filter(({ decision }) => decision.kind === 'scaled').length, 1);
  });

  it('looks at nothing where no number follows anything', async (t) => {
    let looks = 0;
    const stats = async () => {
      looks++;
      return { edges: [] };
    };
    const { clock } = following(t, [applied('web', { ...BY_RPS, max: 1, targets: [] })], { stats });
    await clock.pass(60_000);
    assert.equal(looks, 0);
  });

  it('goes on when its decision can not be recorded, and changes nothing until it can', async (t) => {
    const troubles: string[] = [];
    const onTrouble = ({ message }: Error) => void troubles.push(message);
    const { serve, numberOf, decisions } = following(t, [applied('web', BY_RPS)], { onTrouble });
    const { record } = decisions;
    decisions.record = () => {
      throw new Error('the disk is full');
    };
    await serve('web', { rps: 300, seconds: 20 });
    assert.equal(numberOf('web'), 1);
    assert.ok(troubles.includes('the disk is full'));
    decisions.record = record;
    await serve('web', { rps: 300, seconds: 10 });
    assert.equal(numberOf('web'), 3);
  });

  it('goes on after a look that never ends', async (t) => {
    let looks = 0;
    const usage = () => (looks++ === 0 ? new Promise<never>(() => {}) : Promise.resolve({}));
    const { serve, numberOf } = following(t, [applied('web', BY_RPS)], { usage });
    await serve('web', { rps: 300, seconds: 30 });
    assert.equal(numberOf('web'), 3);
  });
});
