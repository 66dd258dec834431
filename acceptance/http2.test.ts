import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { SERVER } from './support/service.ts';
import { makeSystem } from './support/system.ts';

/* A service that comes to speak HTTP/2 without TLS, and nothing else. */

const HTTP2 = SERVER.replace("from 'node:http'", "from 'node:http2'");
const scale = { min: 2 };

const system = await makeSystem({
  name: 'second',
  services: { api: { file: { scale } }, web: { file: { uses: ['api'] } } },
});
after(() => system[Symbol.asyncDispose]());

test('a revision that speaks HTTP/2 takes over from one that speaks HTTP/1.1 without a failed request', async () => {
  await system.up();
  using load = await startLoad(`${system.url}/web/from/api/hello`);
  const api = { expose: { path: '/api', strip: true }, http2: true };
  system.add('api', { file: { scale, api }, files: { 'server.mjs': HTTP2 } });
  await system.up();
  const { ok, others } = await load.stop();
  assert.ok(ok > 0);
  assert.deepEqual(others, {});
});

test('its probe speaks HTTP/2, and so does every request to it, whoever calls', async () => {
  const { state, instances } = await system.service('api');
  assert.deepEqual([state, instances.ready], ['ready', 2]);
  const answers = await Promise.all(Array.from({ length: 30 }, () => system.ask('api')));
  assert.equal(new Set(answers.map(({ pid }) => pid)).size, 2, 'both instances are asked');
  assert.equal((await system.get('/web/from/api/hello')).status, 200);
  const { stdout } = await system.islet('describe', 'api');
  assert.match(stdout, /^api\.http2 +true/m);
});

test('one that says so and does not is never ready, and the command says what to look at', async () => {
  const api = { expose: { path: '/api', strip: true }, http2: true };
  const rollout = { minHealthy: '0s', bake: '0s', healthyDeadline: '4s' };
  system.add('api', { file: { scale, api, rollout } });
  const { stderr, code } = await system.islet('up');
  assert.equal(code, 1);
  assert.match(stderr, /api: .*not ready/);
  assert.equal((await system.get('/api/')).status, 200, 'the revision before it serves on');
});
