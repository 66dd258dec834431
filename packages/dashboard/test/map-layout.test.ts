import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { EdgeActivity } from '@islet/client/browser';
import fc from 'fast-check';
import { layoutMap, NODE, pathOf } from '../app/model/map-layout.ts';

const edge = (caller: string, callee: string): EdgeActivity => ({
  caller,
  callee,
  rate: 1,
  errorRate: 0,
  inFlight: 0,
  ejected: [],
});
const place = (edges: readonly EdgeActivity[], services: readonly string[] = []) => {
  const { nodes } = layoutMap(edges, services);
  return new Map(nodes.map(({ name, x, y }) => [name, { x, y }]));
};

it('stands callers left of those they call, by the longest way', () => {
  const at = place([
    edge('gateway', 'web'),
    edge('web', 'orders'),
    edge('gateway', 'orders'),
    edge('orders', 'catalog'),
  ]);
  const columns = ['gateway', 'web', 'orders', 'catalog'].map((name) => at.get(name)!.x);
  assert.deepEqual(
    columns,
    [...columns].sort((a, b) => a - b),
  );
  assert.equal(new Set(columns).size, 4);
});

it('shows services that nobody calls, and an empty system as nothing', () => {
  assert.deepEqual([...place([], ['b', 'a']).keys()], ['a', 'b']);
  assert.deepEqual(layoutMap([], []).nodes, []);
});

it('goes around the services between, where an edge passes their column', () => {
  const { links, nodes } = layoutMap([edge('a', 'b'), edge('b', 'c'), edge('a', 'c')], []);
  const long = links.find(({ edge: { caller, callee } }) => caller === 'a' && callee === 'c')!;
  const between = nodes.find(({ name }) => name === 'b')!;
  assert.equal(long.points.length, 3);
  const y = long.points[1]!.y;
  assert.ok(y < between.y || y > between.y + NODE.height, 'it does not run through b');
});

it('never lays two services on one place, also where calls go in circles', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(name, name), { selector: ([a, b]) => `${a} ${b}` }), (pairs) => {
      const { nodes, links } = layoutMap(
        pairs.map(([caller, callee]) => edge(caller, callee)),
        [],
      );
      assert.equal(new Set(nodes.map(({ x, y }) => `${x} ${y}`)).size, nodes.length);
      assert.equal(links.length, pairs.length);
      for (const { points } of links) assert.match(pathOf(points), /^M-?[\d.]+ -?[\d.]+(C[-\d. ]+)+$/);
    }),
  );
});
