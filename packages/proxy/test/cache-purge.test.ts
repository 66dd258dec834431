import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cached } from './cache-world.ts';
import { until } from './world.ts';

test('a purge forgets what it means: all, a path whatever its query, all below one, or a group', async (t) => {
  const { plane, ask, seen } = await cached(t, (request, response) => {
    const group = request.url?.startsWith('/products') ? '"all", "prices \\"now\\"";q=1' : '"all"';
    response.setHeader('cache-control', 'max-age=100');
    response.setHeader('cache-groups', group);
    response.end('x');
  });
  const targets = ['/products/7?size=s', '/products/7', '/products/8', '/products', '/about'];
  const fill = async () => {
    for (const target of targets) await ask(target);
    const asked = seen.splice(0).map((line) => line.slice('GET '.length));
    return asked;
  };
  const service = 'orders';
  assert.deepEqual(await fill(), targets);
  assert.deepEqual(await fill(), []);
  assert.equal(plane.purge({ service, path: '/products/7' }), 2);
  assert.deepEqual(await fill(), targets.slice(0, 2));
  assert.equal(plane.purge({ service, path: '/products/*' }), 3);
  assert.deepEqual(await fill(), targets.slice(0, 3));
  assert.equal(plane.purge({ service, group: 'prices "now"' }), 4);
  assert.deepEqual(await fill(), targets.slice(0, 4));
  assert.equal(plane.purge({ service, group: 'all', path: '/about' }), 1);
  assert.equal(plane.purge({ service, group: 'none' }), 0);
  assert.equal(plane.purge({ service }), 4);
  assert.equal(plane.purge({ service: 'nobody' }), undefined);
});

test('what was on its way when the cache was purged is not stored', async (t) => {
  const answers: (() => void)[] = [];
  const { plane, ask, seen } = await cached(t, (_, response) => {
    response.setHeader('cache-control', 'max-age=100');
    response.flushHeaders();
    answers.push(() => response.end('old'));
  });
  const first = ask('/');
  await until(() => answers.length === 1);
  assert.equal(plane.purge({ service: 'orders' }), 0);
  answers[0]?.();
  assert.match(await first, /old/);
  const second = ask('/');
  await until(() => answers.length === 2);
  answers[1]?.();
  await second;
  await ask('/');
  assert.equal(seen.length, 2);
});
