import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { runOf, SERVER } from './support/service.ts';
import { makeSystem, type System } from './support/system.ts';

/*
 * What becomes of an edit: only its service is replaced, without a failed request; and where it is broken, whatever way,
 * the old revision goes on serving, the command says what failed, and mending it works.
 */

let system: System;
before(async () => {
  const database = { engine: 'sqlite', migrations: 'migrations' };
  const changing = {
    file: { run: runOf({ build: 'cp reply built' }), database },
    files: { 'migrations/0001_rows.sql': 'CREATE TABLE rows (id TEXT);' },
  };
  system = await makeSystem({ services: { changing, steady: {} } });
  await system.up();
});
after(async () => {
  await system[Symbol.asyncDispose]();
});

test('an edit replaces its service alone, and no request fails meanwhile', async () => {
  const [changing, steady] = [await system.pids('changing'), await system.pids('steady')];
  using load = await startLoad(`${system.url}/changing/`);
  system.write('services/changing/reply', 'I am another');
  await system.up();
  const { ok, others } = await load.stop();
  assert.deepEqual(others, {});
  assert.ok(ok > 0);
  assert.equal((await system.ask('changing')).reply, 'I am another');
  assert.notDeepEqual(await system.pids('changing'), changing);
  assert.deepEqual(await system.pids('steady'), steady);
});

test('a change of how it is called replaces no instance, and holds from the next request on', async () => {
  const before = await system.pids('steady');
  const steady = JSON.parse(system.read('services/steady/service.yaml'));
  system.write(
    'services/steady/service.yaml',
    JSON.stringify({ ...steady, traffic: { rateLimit: { rps: 1, burst: 1 } } }),
  );
  await system.up();
  const statuses = [(await system.get('/steady/')).status, (await system.get('/steady/')).status];
  assert.deepEqual(statuses, [200, 429]);
  system.write('services/steady/service.yaml', JSON.stringify(steady));
  await system.up();
  assert.deepEqual(await system.pids('steady'), before);
});

const CHANGING = 'services/changing';
const file = (run: object, more: object = {}) =>
  JSON.stringify({
    name: 'changing',
    run: runOf({ build: 'cp reply built', ...run }),
    api: { expose: { path: '/changing', strip: true } },
    database: { engine: 'sqlite', migrations: 'migrations' },
    health: { ready: { http: '/readyz', period: '200ms' } },
    rollout: { minHealthy: '0s', bake: '0s', healthyDeadline: '30s' },
    ...more,
  });

/** Ways to break the service, and what the command must say of each. */
const BROKEN = [
  {
    way: 'a build that fails',
    files: { 'service.yaml': file({ build: 'echo this will not compile; exit 3' }) },
    says: [/^changing: build failed: .*exit(ed with| status)? ?3/m, /\| this will not compile$/m],
  },
  {
    way: 'a process that ends at its start',
    files: { 'server.mjs': `console.log('no such setting'); process.exit(9);` },
    says: [/^changing: start failed: .*exit 9/m, /\| no such setting$/m],
  },
  {
    way: 'a migration that fails',
    files: { 'migrations/0002_wrong.sql': 'CREATE TABLE rows (id TEXT);' },
    says: [/^changing: migrate failed: 0002_wrong\.sql.*rows already exists/m],
  },
  {
    way: 'a start that hangs',
    files: {
      'server.mjs': SERVER.replace(
        `readyz: () => 'yes'`,
        `readyz: () => new Promise(() => console.log('still waiting'))`,
      ),
      'service.yaml': file({}, { rollout: { minHealthy: '0s', bake: '0s', healthyDeadline: '2s' } }),
    },
    says: [/^changing: start failed: .*was not ready within 2 s/m, /\| still waiting$/m],
  },
] as const;

for (const { way, files, says } of BROKEN) {
  test(`${way} leaves the old revision serving, is told with its last lines, tried again when asked, and mended`, async () => {
    const good = { 'service.yaml': file({}), 'server.mjs': SERVER, reply: `before ${way}` };
    for (const [name, text] of Object.entries(good)) system.write(`${CHANGING}/${name}`, text);
    await system.up();
    const steady = await system.pids('steady');
    using load = await startLoad(`${system.url}/changing/`);

    for (const [name, text] of Object.entries(files)) system.write(`${CHANGING}/${name}`, text);
    const { stderr } = await system.up(1);
    for (const pattern of says) assert.match(stderr, pattern);
    assert.equal((await system.ask('changing')).reply, good.reply);
    const { state, failure, revision, wanted } = await system.service('changing');
    assert.equal(state, 'failed');
    assert.notEqual(revision, wanted);

    const again = await system.up(1);
    for (const pattern of says) assert.match(again.stderr, pattern);
    const retried = await system.service('changing');
    assert.notEqual(retried.failure?.at, failure?.at);

    for (const [name, text] of Object.entries(good)) system.write(`${CHANGING}/${name}`, text);
    system.write(`${CHANGING}/reply`, `after ${way}`);
    if ('migrations/0002_wrong.sql' in files)
      system.write(`${CHANGING}/migrations/0002_wrong.sql`, 'CREATE TABLE more (id TEXT);');
    await system.up();
    assert.equal((await system.ask('changing')).reply, `after ${way}`);
    assert.deepEqual((await load.stop()).others, {});
    assert.deepEqual(await system.pids('steady'), steady);
  });
}
