import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseService, parseSystem, type SpecError } from '../src/index.ts';
import { startOrder } from '../src/start-order.ts';
import { memoryFiles } from './memory-files.ts';

const graph = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 11 }), fc.integer({ min: 0, max: 11 })), { maxLength: 40 })
  .map((edges) => {
    const uses = new Map(Array.from({ length: 12 }, (_, index) => [`s${index}`, [] as string[]]));
    for (const [from, to] of edges) if (from !== to) uses.get(`s${from}`)!.push(`s${to}`);
    return uses;
  });

test('a service stands after all that it uses', () => {
  const uses = new Map([
    ['web', ['orders', 'catalog']],
    ['orders', ['catalog']],
    ['catalog', []],
  ]);
  assert.deepEqual(startOrder(uses), { order: ['catalog', 'orders', 'web'], cuts: [] });
});

test('a cycle is cut where it closes, and told whole', () => {
  const uses = new Map([
    ['b', ['c']],
    ['a', ['b']],
    ['c', ['a']],
  ]);
  assert.deepEqual(startOrder(uses), {
    order: ['c', 'b', 'a'],
    cuts: [{ from: 'c', to: 'a', cycle: ['a', 'b', 'c', 'a'] }],
  });
});

test('every service stands once, and after all that it uses over edges that were not cut', () => {
  fc.assert(
    fc.property(graph, (uses) => {
      const { order, cuts } = startOrder(uses);
      assert.deepEqual([...order].sort(), [...uses.keys()].sort());
      for (const [from, list] of uses) {
        for (const to of list) {
          if (cuts.some((cut) => cut.from === from && cut.to === to)) continue;
          assert(order.indexOf(to) < order.indexOf(from), `${from} uses ${to}`);
        }
      }
    }),
  );
});

test('nothing is cut exactly where there is no cycle, and each cut closes a real one', () => {
  fc.assert(
    fc.property(graph, (uses) => {
      const { cuts } = startOrder(uses);
      assert.equal(cuts.length === 0, isAcyclic(uses));
      for (const { from, to, cycle } of cuts) {
        assert.deepEqual([cycle[0], cycle.at(-1), cycle.at(-2)], [to, to, from]);
        for (const [index, name] of cycle.slice(0, -1).entries()) assert(uses.get(name)!.includes(cycle[index + 1]!));
      }
    }),
  );
});

test('the order depends on names only, not on the order of files', () => {
  fc.assert(
    fc.property(graph, (uses) => {
      const reversed = new Map([...uses].reverse().map(([name, list]) => [name, [...list].reverse()]));
      assert.deepEqual(startOrder(reversed), startOrder(uses));
    }),
  );
});

test('a chain of ten thousand services does not overflow', () => {
  const uses = new Map(Array.from({ length: 10_000 }, (_, index) => [`s${index}`, [`s${index + 1}`]]));
  assert.equal(startOrder(uses).order.length, 10_000);
});

/** By taking away what uses nothing that is left (Kahn), so that it shares nothing with the walk under test. */
function isAcyclic(uses: ReadonlyMap<string, readonly string[]>): boolean {
  const left = new Map(uses);
  for (let size = -1; size !== left.size; ) {
    size = left.size;
    for (const [name, list] of left) if (!list.some((other) => left.has(other))) left.delete(name);
  }
  return left.size === 0;
}

test('a cycle that one service closes is told in its own file, though it is cut in that of a neighbour', () => {
  const run = 'run: { command: serve }\n';
  const files = memoryFiles({
    'islet.yaml': 'system: shop\nservices: [services/*]\n',
    'services/a/service.yaml': `${run}uses:\n  - c\n  - b\n`,
    'services/b/service.yaml': `${run}uses: [a]\n`,
    'services/c/service.yaml': run,
  });
  const first = parseSystem(files);
  assert(first.kind === 'ok');
  assert.deepEqual(places(first), ['services/b/service.yaml:2:8']);
  const neighbours = first.spec.services.filter(({ name }) => name !== 'a');
  const alone = parseService(files, { service: 'a', neighbours, environment: undefined });
  assert(alone.kind === 'ok');
  assert.deepEqual(alone.spec.cuts, [{ from: 'b', to: 'a', cycle: ['a', 'b', 'a'] }]);
  assert.deepEqual(places(alone), ['services/a/service.yaml:4:5']);
});

function places({ warnings }: { readonly warnings: readonly SpecError[] }): readonly string[] {
  return warnings.map(({ place: { file, line, column } }) => `${file}:${line}:${column}`);
}
