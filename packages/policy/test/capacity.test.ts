import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CapacityModel, errorOf, fitCapacity, forecast, instancesFor, type Observed } from '../src/capacity.ts';
import { seeded } from './seeded.ts';

/** 100 requests a second, 5 ms of a core each, 20 ms of them waiting for others. */
const SEEN: Observed = { requests: 1_000, rps: 100, meanMs: 25.1, p95Ms: 40, instances: 2 };
const CORES = { kind: 'cores', cores: 1, usedCores: 0.5 } as const;

describe('capacity', () => {
  it('reads the time on a core from the processor time, and leaves the rest as it was', () => {
    const model = fitted(SEEN);
    assert.deepEqual(model.station, { servers: 1, serviceMs: 5 });
    assert.ok(model.restMeanMs > 19 && model.restMeanMs < 20.1, String(model.restMeanMs));
  });

  it('told the same load again, tells what was measured', () => {
    const told = forecast(fitted(SEEN), SEEN);
    assert.ok(told !== undefined);
    assert.ok(Math.abs(told.meanMs - SEEN.meanMs) < 1e-6 && Math.abs(told.p95Ms - SEEN.p95Ms) < 1e-6);
    assert.ok(Math.abs(told.inFlight - 2.51) < 1e-6, "Little's law");
    assert.equal(told.utilization, 0.25);
  });

  const needs = [
    { rps: 100, utilization: 0.5, instances: 1 },
    { rps: 500, utilization: 0.7, instances: 4 },
    { rps: 600, utilization: 0.6, instances: 5 },
    { rps: 1, utilization: 0.7, instances: 1 },
  ];
  for (const { rps, utilization, instances } of needs) {
    it(`needs ${instances} for ${rps}/s of 5 ms at ${utilization * 100} %`, () => {
      assert.equal(instancesFor(fitted(SEEN), rps, utilization), instances);
    });
  }

  it('has no forecast for fewer instances than carry the load', () => {
    assert.equal(forecast(fitted(SEEN), { rps: 200, instances: 1 }), undefined);
  });

  it('of half a core makes one that takes twice as long', () => {
    const { station } = fitted(SEEN, { kind: 'cores', cores: 0.5, usedCores: 0.5 });
    assert.deepEqual(station, { servers: 1, serviceMs: 10 });
  });

  it('of a declared pool finds the service time that explains the mean', () => {
    const model = fitted({ ...SEEN, instances: 1, meanMs: 20 }, { kind: 'declared', requests: 1 });
    // M/M/1: 20 = s / (1 − 0.1·s), so s is 6.667 ms.
    assert.ok(Math.abs(model.station.serviceMs - 20 / 3) < 1e-6, String(model.station.serviceMs));
    assert.ok(model.restMeanMs < 1e-6);
  });

  const refusals = [
    { why: 'few', seen: { ...SEEN, requests: 49 }, parallelism: CORES },
    { why: 'unmeasured', seen: SEEN, parallelism: { ...CORES, usedCores: 0 } },
    { why: 'saturated', seen: SEEN, parallelism: { ...CORES, usedCores: 2 } },
  ] as const;
  for (const { why, seen, parallelism } of refusals) {
    it(`refuses to guess: ${why}`, () => {
      assert.deepEqual(fitCapacity(seen, parallelism), { kind: 'refused', why });
    });
  }

  it('never tells a longer time for one instance more', () => {
    const random = seeded(7);
    for (let round = 0; round < 200; round++) {
      const instances = 1 + Math.floor(random() * 20);
      const rps = random() * 199 * instances;
      const [few, more] = [instances, instances + 1].map((count) => forecast(fitted(SEEN), { rps, instances: count }));
      assert.ok(few !== undefined && more !== undefined);
      const place = `seed 7, round ${round}: ${rps}/s on ${instances}`;
      assert.ok(more.meanMs <= few.meanMs + 1e-6 && more.p95Ms <= few.p95Ms + 1e-6, place);
    }
  });

  it('fitted to a queue at low load, foretells it at high load', () => {
    const quiet = queue({ rps: 80, servers: 2, serviceMs: 10, seed: 1 });
    const busy = queue({ rps: 160, servers: 2, serviceMs: 10, seed: 2 });
    const error = errorOf(fitted(quiet, { ...CORES, usedCores: 0.8 }), busy);
    assert.ok(error !== undefined && Math.abs(error.mean) < 0.05 && Math.abs(error.p95) < 0.05, JSON.stringify(error));
  });

  it('shows its error where the service is another than it was', () => {
    const error = errorOf(fitted(SEEN), { ...SEEN, meanMs: SEEN.meanMs * 2, p95Ms: SEEN.p95Ms * 4 });
    assert.ok(error !== undefined && Math.abs(error.mean + 0.5) < 1e-6 && Math.abs(error.p95 + 0.75) < 1e-6);
  });
});

function fitted(seen: Observed, parallelism: Parameters<typeof fitCapacity>[1] = CORES): CapacityModel {
  const fit = fitCapacity(seen, parallelism);
  assert.ok(fit.kind === 'fitted');
  return fit.model;
}

/** A real line for real servers, each an instance: who comes first is served first, by whoever is free first. */
function queue({ rps, servers, serviceMs, seed }: { rps: number; servers: number; serviceMs: number; seed: number }) {
  const random = seeded(seed);
  const drawn = (mean: number) => -mean * Math.log(1 - random());
  const freeAt: number[] = new Array(servers).fill(0);
  const took: number[] = [];
  for (let at = 0; took.length < 200_000; at += drawn(1000 / rps)) {
    freeAt.sort((one, other) => one - other);
    freeAt[0] = Math.max(at, freeAt[0] ?? 0) + drawn(serviceMs);
    took.push(freeAt[0] - at);
  }
  took.sort((one, other) => one - other);
  const meanMs = took.reduce((sum, one) => sum + one, 0) / took.length;
  return { requests: took.length, rps, meanMs, p95Ms: took[took.length * 0.95] ?? 0, instances: servers };
}
