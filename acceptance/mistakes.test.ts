import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { makeSystem } from './support/system.ts';

/** One file with a mistake in nearly every line. */
const FULL_OF_MISTAKES = `name: Wrong_Name
run:
  comand: node server.mjs
  command: node server.mjs --to \${uses.nobody.url}
  env:
    HOME_PAGE: \${port.number}
  resources: { memory: lots }
  stop: { grace: 10 }
api:
  contract: openapi.yaml
  expose: no-slash
uses: [strangers]
health: { ready: { http: /readyz, period: soon } }
scale: { min: 3, max: 1 }
rollout: { strategy: sideways }
events: {}
`;
const TOLD = [
  '1:7 value name',
  '3:3 unknown-key run.comand',
  '4:33 unknown-reference run.command',
  '6:16 unknown-reference run.env.HOME_PAGE',
  '7:24 value run.resources.memory',
  '8:18 type run.stop.grace',
  '10:13 missing-file api.contract',
  '11:11 value api.expose[0].path',
  '12:8 unknown-service uses[0]',
  '13:43 value health.ready.period',
  '14:23 value scale.max',
  '15:22 value rollout.strategy',
  '16:1 unknown-key events',
];

/** `<line>:<column> <rule> <path>` of each mistake told of the file. */
function toldIn(stderr: string): readonly string[] {
  const heads = stderr.matchAll(/^services\/wrong\/service\.yaml:(\d+:\d+) +(\S+) +([^:]+): /gm);
  return [...heads].map(([, place, rule, path]) => `${place} ${rule} ${path}`);
}

test('every mistake of a file is told at once with its place, and nothing is started', async () => {
  await using system = await makeSystem({ services: { good: {} } });
  system.write('services/wrong/service.yaml', FULL_OF_MISTAKES);
  for (const verb of ['check', 'up', 'plan']) {
    const { code, stderr, stdout } = await system.islet(verb);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.deepEqual(toldIn(stderr), TOLD);
    assert.match(stderr, /^\d+ mistakes in /m);
  }
  assert.ok(!existsSync(system.state), 'there is a state folder');
});

test('mistakes in a running system change nothing of it', async () => {
  await using system = await makeSystem({ services: { good: {} } });
  await system.up();
  const before = await system.status();
  system.write('services/wrong/service.yaml', FULL_OF_MISTAKES);
  for (const verb of ['up', 'plan']) {
    const { code, stderr } = await system.islet(verb);
    assert.equal(code, 2);
    assert.deepEqual(toldIn(stderr), TOLD);
  }
  assert.deepEqual(await system.status(), before);
});

/** Mistakes between files, each with what it is told as. */
const BETWEEN_FILES = [
  {
    what: 'two services on one public path',
    services: { one: { file: { api: { expose: '/same' } } }, two: { file: { api: { expose: '/same' } } } },
    says: /services\/two\/service\.yaml:\d+:\d+.*\/same.*one/,
  },
  {
    what: 'a used service that there is not',
    services: { orders: {}, one: { file: { uses: ['order'] } } },
    says: /services\/one\/service\.yaml:\d+:\d+.*order.*(\n.*)*orders/,
  },
  {
    what: 'a contract that is not there',
    services: { one: { file: { api: { contract: 'openapi.yaml' } } } },
    says: /services\/one\/service\.yaml:\d+:\d+.*openapi\.yaml/,
  },
  {
    what: 'a folder of migrations that is not there',
    services: { one: { file: { database: { engine: 'sqlite', migrations: 'migrations' } } } },
    says: /services\/one\/service\.yaml:\d+:\d+.*migrations/,
  },
  {
    what: 'a reference to what there is not',
    services: { one: { file: { run: { command: 'node server.mjs ${database.url}' } } } },
    says: /services\/one\/service\.yaml:\d+:\d+.*database/,
  },
] as const;

for (const { what, services, says } of BETWEEN_FILES) {
  test(`${what} is told with its place before anything starts`, async () => {
    await using system = await makeSystem({ services });
    for (const verb of ['check', 'up']) {
      const { code, stderr } = await system.islet(verb);
      assert.equal(code, 2, stderr);
      assert.match(stderr, says);
    }
    assert.ok(!existsSync(system.state), 'there is a state folder');
  });
}

test('a gateway whose port another program has is refused with that program’s name', async (t) => {
  await using system = await makeSystem({ services: { one: {} } });
  const foreign = createServer().listen(system.port, '127.0.0.1');
  t.after(() => foreign.close());
  await once(foreign, 'listening');
  const { code, stderr } = await system.islet('up');
  assert.equal(code, 1, stderr);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${system.port}.*node.*\\b${process.pid}\\b`));
  assert.match(stderr, /gateway\.port in islet\.yaml/);
  foreign.close();
  await once(foreign, 'close');
  await system.up();
});
