import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { SERVER } from './support/service.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

/** What it answers is right, and quick; only it never lets go of anything. */
const LEAKING = `${SERVER}\nconst held = [];\nsetInterval(() => held.push(Buffer.alloc(1024 * 1024, 1)), 250);\n`;

const system = await makeSystem({
  name: 'leak',
  services: { web: { file: { rollout: { minHealthy: '0s', bake: '10m' } } } },
});
after(() => system[Symbol.asyncDispose]());

test('a revision that leaks is rolled back by itself while it bakes, though every answer of it is right', async () => {
  await system.up();
  const { revision: good } = await system.service('web');
  system.write('services/web/server.mjs', LEAKING);
  assert.equal((await system.islet('deploy', 'web')).code, 0);
  assert.notEqual((await system.service('web')).revision, good);
  const failed = async () => ((await system.service('web')).state === 'failed' ? true : undefined);
  await until('web is rolled back', failed, { deadlineMs: 300_000, everyMs: 1_000 });
  const { failure, revision } = await system.service('web');
  assert.match(
    failure?.reason ?? '',
    /^its memory grows: web-\S+ held \d+ MiB, \d+ s later \d+ MiB, and \w+ never more than \d+ MiB$/,
  );
  assert.equal(failure?.step, 'rollout');
  assert.equal(revision, good);
});
