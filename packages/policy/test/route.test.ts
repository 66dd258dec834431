import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type GatewayRoute, indexRoutes, matchRoute, matchRouteNaively, stripPrefix } from '../src/index.ts';

function route(path: string, host?: string): GatewayRoute {
  return { host, path, strip: false, service: `${host ?? 'any'}${path}` };
}

const rows = [
  ['a path that only starts alike is another path', [route('/orders')], 'x', '/orders-old', undefined],
  ['a path matches itself', [route('/orders')], 'x', '/orders', 'any/orders'],
  ['a path matches what is below it', [route('/orders')], 'x', '/orders/7', 'any/orders'],
  ['the longest path wins', [route('/'), route('/api'), route('/api/orders')], 'x', '/api/orders/7', 'any/api/orders'],
  ['a trailing slash in a route changes nothing', [route('/api/')], 'x', '/api', 'any/api/'],
  ['the root takes the rest', [route('/api'), route('/')], 'x', '/apix', 'any/'],
  ['a named host comes before any host', [route('/api/orders'), route('/', 'x')], 'x', '/api/orders', 'x/'],
  ['a named host without a fitting path falls to any host', [route('/'), route('/api', 'x')], 'x', '/', 'any/'],
  ['another host never matches', [route('/', 'y')], 'x', '/', undefined],
] as const;

for (const [rule, routes, host, path, service] of rows) {
  test(rule, () => assert.equal(matchRoute(indexRoutes(routes), host, path)?.service, service));
}

test('the index answers as the rule does', () => {
  const segment = fc.constantFrom('', 'a', 'b', 'ab', 'abc');
  const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join('/')}`);
  const host = fc.constantFrom('x', 'y');
  const routes = fc.array(
    fc.tuple(path, fc.option(host, { nil: undefined })).map(([where, name]) => route(where, name)),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(routes, host, path, (all, name, where) => {
      assert.equal(matchRoute(indexRoutes(all), name, where), matchRouteNaively(all, name, where));
    }),
    { numRuns: 2_000 },
  );
});

const stripped = [
  ['/orders/7?x=1', '/orders', '/7?x=1'],
  ['/orders', '/orders', '/'],
  ['/orders?x', '/orders/', '/?x'],
  ['/a/b', '/', '/a/b'],
] as const;

for (const [target, prefix, rest] of stripped) {
  test(`${prefix} cut from ${target} is ${rest}`, () => assert.equal(stripPrefix(target, prefix), rest));
}
