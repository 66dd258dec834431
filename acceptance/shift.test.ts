import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { SERVER } from './support/service.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

/** A canary whose steps are short, and whose next step waits for a person where a test wants to look around. */
const canary = (steps: readonly string[], more: object = {}) => ({
  strategy: 'canary',
  steps,
  hold: '200ms',
  minHealthy: '0s',
  healthyDeadline: '30s',
  bake: '1h',
  preview: { header: 'x-preview' },
  analysis: { requests: 0 },
  ...more,
});
const FAILING = SERVER.replace(
  `const answer =`,
  `if (act !== 'readyz') return response.writeHead(500).end('broken');\n  const answer =`,
);

const system = await makeSystem({
  name: 'shift',
  services: {
    web: { file: { rollout: canary(['10%', '50% by hand']) } },
    api: { file: { rollout: { minHealthy: '0s', bake: '0s' }, uses: ['web'] } },
  },
});
after(() => system[Symbol.asyncDispose]());

const reply = async (headers: Record<string, string> = {}) => {
  const response = await fetch(`${system.url}/web/`, { headers });
  return response.status === 200 ? ((await response.json()) as { reply: string }).reply : String(response.status);
};

test('a canary stops where a person is to decide, can be previewed, promoted, and taken back by one routing table', async () => {
  await system.up();
  const old = await system.pids('web');
  using load = await startLoad(`${system.url}/web/`);
  system.write('services/web/reply', 'I am new');
  const waiting = await system.islet('deploy', 'web', '--json');
  assert.equal(waiting.code, 0, waiting.stderr);
  assert.equal(JSON.parse(waiting.stdout).outcome, 'paused');
  assert.equal(await reply({ 'x-preview': 'yes' }), 'I am new');
  const told = JSON.parse((await system.islet('rollout', 'status', 'web', '--json')).stdout);
  assert.deepEqual([told.step, told.steps], [1, [10, 50, 100]]);

  const promoted = await system.islet('rollout', 'promote', 'web');
  assert.equal(promoted.code, 0, promoted.stderr);
  assert.equal(await reply(), 'I am new');
  assert.ok(
    (await system.pids('web')).some((pid) => old.includes(pid)),
    'the old one is kept warm',
  );

  const back = await system.islet('rollback', 'web');
  assert.equal(back.code, 0, back.stderr);
  assert.equal(await reply(), 'I am web');
  assert.deepEqual(await system.pids('web'), old);
  assert.match(
    (await system.islet('plan')).stdout,
    /web was rolled back by hand from \w+, and its files bring it in again/,
  );
  assert.deepEqual((await load.stop()).others, {});
});

test('a revision that fails while it bakes is rolled back by itself, and says by which numbers', async () => {
  system.write('services/web/service.yaml', JSON.stringify(fileOf(canary(['50%']))));
  system.write('services/web/server.mjs', FAILING);
  // Whether it is found in its step or in its bake is chance.
  await system.islet('deploy', 'web');
  using load = await startLoad(`${system.url}/web/`);
  await until('web is rolled back', async () => ((await system.service('web')).state === 'failed' ? true : undefined));
  const { failure, revision, wanted } = await system.service('web');
  assert.match(failure?.reason ?? '', /^\d+ % of its \d+ requests failed, /);
  assert.equal(failure?.step, 'rollout');
  assert.notEqual(revision, wanted);
  assert.equal(await reply(), 'I am web');
  await load.stop();
  const history = await system.islet('rollout', 'history', 'web');
  assert.match(history.stdout, /gave up/);
});

test('a change of both goes callee first, and stops where the callee fails; one of them alone is deployed all the same', async () => {
  system.write('services/web/server.mjs', `process.exit(3)`);
  system.write('services/web/service.yaml', JSON.stringify(fileOf({ minHealthy: '0s', bake: '0s' })));
  system.write('services/api/reply', 'I am another');
  const { stderr } = await system.up(1);
  assert.match(stderr, /^web: start failed: /m);
  assert.match(stderr, /^api: blocked: is held back: the rollout of web failed/m);
  assert.equal((await system.ask('api')).reply, 'I am api');

  // What another's file says by now does not matter.
  system.write('services/web/service.yaml', 'run: {}');
  const alone = await system.islet('deploy', 'api');
  assert.equal(alone.code, 0, alone.stderr);
  assert.equal((await system.ask('api')).reply, 'I am another');
  const none = await system.islet('deploy', 'nobody');
  assert.notEqual(none.code, 0);
  assert.match(none.stderr, /no service\.yaml of this system is named nobody/);
});

test('a contract migration is applied after the bake, and then there is no way back past it', async () => {
  const file = (reply: string) => {
    system.write('services/store/reply', reply);
    return { rollout: { minHealthy: '0s', bake: '1s' }, database: { engine: 'sqlite', migrations: 'migrations' } };
  };
  const first = { 'migrations/0001_rows.sql': 'CREATE TABLE rows (id TEXT, old TEXT);' };
  system.add('store', { file: file('one'), files: first });
  assert.equal((await system.islet('deploy', 'store')).code, 0);
  const before = (await system.service('store')).revision ?? '';
  system.write('services/store/migrations/0002_drop.contract.sql', 'ALTER TABLE rows DROP COLUMN old;');
  system.write('services/store/reply', 'two');
  assert.equal((await system.islet('deploy', 'store')).code, 0);
  const applied = async () => {
    const { stdout } = await system.islet('rollout', 'history', 'store', '--json');
    return /applied 0002_drop\.contract\.sql/.test(stdout) ? true : undefined;
  };
  await until('the contract migration is applied', applied);
  const back = await system.islet('rollback', 'store', before);
  assert.notEqual(back.code, 0);
  assert.match(back.stderr, /0002_drop\.contract\.sql has been applied/);
});

for (const [what, checks, reason] of [
  [
    'of its own database',
    [{ http: '/deep' }, { sql: 'SELECT count(*) > 0 FROM rows' }],
    'its check `SELECT count(*) > 0 FROM rows` was not true 2 times in a row',
  ],
  [
    'by a command beside it',
    [{ command: 'test -n "$ISLET_REVISION"' }, { command: 'grep -q "not there" reply' }],
    'its check `grep -q "not there" reply` failed 2 times in a row',
  ],
] as const) {
  test(`a check ${what} that does not hold rolls a revision back, however well it answers`, async () => {
    const file = {
      name: 'store',
      run: { command: 'node server.mjs' },
      database: { engine: 'sqlite', migrations: 'migrations' },
      health: { ready: { http: '/readyz', period: '200ms' } },
      rollout: { minHealthy: '0s', bake: '1h', analysis: { checks } },
    };
    system.write('services/store/service.yaml', JSON.stringify(file));
    system.write('services/store/reply', `checked ${what}`);
    await system.islet('deploy', 'store');
    const failed = async () => ((await system.service('store')).state === 'failed' ? true : undefined);
    await until('store is rolled back', failed);
    const { failure } = await system.service('store');
    assert.equal(failure?.reason, reason);
  });
}

function fileOf(rollout: object) {
  return {
    name: 'web',
    run: { command: 'node server.mjs', stop: { grace: '2s', drain: '5s' } },
    api: { expose: { path: '/web', strip: true } },
    health: { ready: { http: '/readyz', period: '200ms' } },
    rollout,
  };
}
