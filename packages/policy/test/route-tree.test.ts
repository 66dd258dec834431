import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type PatternRoute, parsePattern, RouteTree } from '../src/index.ts';

function treeOf(...routes: readonly string[]): RouteTree<string> {
  return new RouteTree(routes.map(routeOf));
}

/** `POST /orders/{id}`, or a path alone. */
function routeOf(text: string): PatternRoute<string> {
  const [first = '', second] = text.split(' ');
  return second === undefined
    ? { method: undefined, path: first, value: text }
    : { method: first, path: second, value: text };
}

const TREE = treeOf(
  ...['/orders', 'POST /orders', '/orders/{id}', 'DELETE /orders/{id}', '/orders/{id}/lines', '/orders/new'],
  ...['/orders/new/**', 'GET /files/**', '/{tenant}/stock', '/a/{x}/c', '/a/b/d'],
);

const ROWS = [
  ['GET /orders', '/orders'],
  ['POST /orders', 'POST /orders'],
  ['POST /orders/', 'POST /orders'],
  ['GET /orders/7', '/orders/{id}'],
  ['DELETE /orders/7', 'DELETE /orders/{id}'],
  ['GET /orders/new', '/orders/new'],
  ['GET /orders/new/7/lines', '/orders/new/**'],
  ['GET /orders/7/lines', '/orders/{id}/lines'],
  ['GET /orders/7/lines/1', undefined],
  ['GET /files', 'GET /files/**'],
  ['GET /files/a/b', 'GET /files/**'],
  ['PUT /files/a', undefined],
  ['GET /orders/stock', '/orders/{id}'],
  ['GET /acme/stock', '/{tenant}/stock'],
  ['GET /a/b/c', '/a/{x}/c'],
  ['GET /a/b/d', '/a/b/d'],
  ['GET /', undefined],
  ['GET /Orders', undefined],
  ['GET /%6frders/7', '/orders/{id}'],
  ['GET /orders%2F7', undefined],
] as const;

for (const [request, route] of ROWS) {
  test(`${request} belongs to ${route ?? 'no route'}`, () => {
    const [method = '', path = ''] = request.split(' ');
    assert.equal(TREE.find(method, path), route);
  });
}

test('of two routes that are the same, the first counts', () => {
  assert.equal(new RouteTree([routeOf('/a'), { ...routeOf('/a'), value: 'second' }]).find('GET', '/a'), '/a');
});

const part = fc.constantFrom('a', 'b', '{x}');
const path = fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean());
const pattern = path.map(([parts, below]) => `/${parts.join('/')}${below ? '/**' : ''}`);

test('it finds a route exactly where one of the patterns matches, and that one matches', () => {
  const asked = fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(fc.uniqueArray(pattern, { maxLength: 12 }), asked, (patterns, parts) => {
      const found = treeOf(...patterns).find('GET', `/${parts.join('/')}`);
      assert.equal(
        found !== undefined,
        patterns.some((one) => matches(one, parts)),
      );
      assert.ok(found === undefined || matches(found, parts));
    }),
    { numRuns: 500 },
  );
});

function matches(text: string, parts: readonly string[]): boolean {
  const { parts: own, below } = parsePattern(text);
  if (below ? parts.length < own.length : parts.length !== own.length) return false;
  return own.every((one, index) => one === undefined || one === parts[index]);
}
