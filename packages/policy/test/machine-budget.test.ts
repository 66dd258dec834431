import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allot, type Demand } from '../src/machine-budget.ts';

const EACH = { cpu: 1, memoryBytes: 100 };
const demand = (service: string, changes: Partial<Demand> = {}): Demand => ({
  service,
  min: 1,
  wants: 3,
  each: EACH,
  priority: 50,
  ...changes,
});

function instances(demands: readonly Demand[], budget: { cpu: number; memoryBytes: number }) {
  return Object.fromEntries(Object.entries(allot(demands, budget)).map(([name, { instances }]) => [name, instances]));
}

describe('the budget of the machine', () => {
  it('gives what is wanted where there is enough', () => {
    assert.deepEqual(instances([demand('a'), demand('b')], { cpu: 6, memoryBytes: 600 }), { a: 3, b: 3 });
  });

  it('gives the higher priority first', () => {
    const demands = [demand('a'), demand('b', { priority: 60 })];
    assert.deepEqual(instances(demands, { cpu: 4, memoryBytes: 600 }), { a: 1, b: 3 });
  });

  it('goes round among equals, so that one that wants much leaves something to the other', () => {
    const demands = [demand('a', { wants: 100 }), demand('b', { wants: 3 })];
    assert.deepEqual(instances(demands, { cpu: 6, memoryBytes: 10_000 }), { a: 3, b: 3 });
  });

  it('says what there was too little of', () => {
    assert.equal(allot([demand('a')], { cpu: 1, memoryBytes: 600 }).a?.short, 'cpu');
    assert.equal(allot([demand('a')], { cpu: 9, memoryBytes: 150 }).a?.short, 'memory');
    assert.equal(allot([demand('a')], { cpu: 9, memoryBytes: 600 }).a?.short, undefined);
  });

  it('gives everybody its min though there is not enough', () => {
    assert.deepEqual(instances([demand('a', { min: 4, wants: 8 })], { cpu: 2, memoryBytes: 600 }), { a: 4 });
  });

  it('does not count what is not known', () => {
    const each = { cpu: 0, memoryBytes: 0 };
    assert.deepEqual(instances([demand('a', { each })], { cpu: 0, memoryBytes: 0 }), { a: 3 });
  });

  it('never gives beyond the budget but for the mins, nor less than min, nor more than wanted', () => {
    const demands = fc.array(
      fc.record({
        min: fc.nat({ max: 3 }),
        more: fc.nat({ max: 9 }),
        each: fc.record({ cpu: fc.constantFrom(0, 0.5, 1, 2), memoryBytes: fc.constantFrom(0, 50, 100) }),
        priority: fc.constantFrom(10, 50, 90),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(demands, fc.nat({ max: 20 }), fc.nat({ max: 1000 }), (some, cpu, memoryBytes) => {
        const all = some.map(({ min, more, each, priority }, index) => ({
          service: `s${index}`,
          min,
          wants: min + more,
          each,
          priority,
        }));
        const given = allot(all, { cpu, memoryBytes });
        let beyond = { cpu: 0, memoryBytes: 0 };
        for (const { service, min, wants, each } of all) {
          const { instances = -1 } = given[service] ?? {};
          assert.ok(instances >= min && instances <= wants);
          beyond = {
            cpu: beyond.cpu + each.cpu * instances,
            memoryBytes: beyond.memoryBytes + each.memoryBytes * instances,
          };
        }
        const least = all.reduce((sum, { min, each }) => sum + min * each.cpu, 0);
        assert.ok(beyond.cpu <= Math.max(cpu, least) + 1e-6);
      }),
    );
  });
});
