import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { idOf, processesOf, tracesOf, usersOf } from './support/left-behind.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

/* How a system, or a service of it, ends; and what it leaves. */

const withStores = {
  filed: { file: { database: 'sqlite', uses: ['served'] } },
  served: { file: { database: 'postgres' } },
};

test('down ends every process and keeps the data; purge leaves nothing at all', async () => {
  await using system = await makeSystem({ services: withStores });
  await system.up();
  const id = idOf(system.state) ?? '';
  const users = usersOf(processesOf(system.state, id));
  if (process.getuid?.() === 0) assert.equal(users.length, 2);

  const down = await system.islet('down');
  assert.equal(down.code, 0, down.stderr);
  assert.deepEqual(processesOf(system.state, id), []);
  await assert.rejects(system.get('/filed/'));
  assert.ok(existsSync(system.state));
  const again = await system.islet('down');
  assert.deepEqual([again.code, again.stdout], [0, 'Nothing is running\n']);

  const refused = await system.islet('down', '--purge');
  assert.equal(refused.code, 2, 'without a terminal it asks nobody');
  assert.ok(existsSync(system.state));
  const purge = await system.islet('down', '--purge', '--yes');
  assert.equal(purge.code, 0, purge.stderr);
  assert.deepEqual(processesOf(system.state, id), []);
  assert.deepEqual(tracesOf(id, users), []);
  assert.deepEqual(readdirSync(system.folder).sort(), ['islet.yaml', 'services']);
  assert.equal((await system.islet('down', '--purge', '--yes')).code, 0);

  await system.up();
  assert.equal((await system.ask('filed')).reply, 'I am filed');
  assert.notEqual(idOf(system.state), id);
});

test('a purge of a running system leaves nothing either', async () => {
  await using system = await makeSystem({ services: withStores });
  await system.up();
  const id = idOf(system.state) ?? '';
  const users = usersOf(processesOf(system.state, id));
  const purge = await system.islet('down', '--purge', '--yes');
  assert.equal(purge.code, 0, purge.stderr);
  assert.deepEqual(processesOf(system.state, id), []);
  assert.deepEqual(tracesOf(id, users), []);
  assert.deepEqual(readdirSync(system.folder).sort(), ['islet.yaml', 'services']);
});

test('a system whose state folder is removed ends as a whole, and the next one begins from nothing', async () => {
  await using system = await makeSystem({ services: withStores });
  await system.up();
  const id = idOf(system.state) ?? '';
  const users = usersOf(processesOf(system.state, id));
  assert.notDeepEqual(processesOf(system.state, id), []);
  // Whoever still writes there puts folders back.
  await until(`${system.state} is removed`, () => {
    rmSync(system.state, { recursive: true, force: true });
    return !existsSync(system.state);
  });
  await until(`nothing of ${id} runs`, () => processesOf(system.state, id).length === 0);
  assert.deepEqual(tracesOf(id, users), []);
  await assert.rejects(system.get('/filed/'));

  await system.up();
  assert.equal((await system.ask('filed')).reply, 'I am filed');
  assert.notEqual(idOf(system.state), id);
});

const COUNTS = `
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
const database = new DatabaseSync(process.env.DATABASE_PATH);
database.exec('CREATE TABLE IF NOT EXISTS visits (at TEXT)');
createServer((request, response) => {
  if (request.url === '/readyz') return response.end();
  database.exec('INSERT INTO visits VALUES (1)');
  response.end(String(database.prepare('SELECT count(*) AS count FROM visits').get().count));
}).listen(Number(process.env.PORT), process.env.HOST);
`;

test('a service that is no longer in the files is stopped and unrouted, and its data is kept', async () => {
  const counts = { file: { database: 'sqlite' }, files: { 'server.mjs': COUNTS } };
  await using system = await makeSystem({ services: { counts, stays: {} } });
  await system.up();
  const visit = async () => (await system.get('/counts/')).text();
  assert.equal(await visit(), '1');
  const stays = await system.pids('stays');

  system.write('islet.yaml', `system: tiny\ngateway: { port: ${system.port} }\nservices: [services/stays]\n`);
  const { stderr } = await system.up();
  assert.match(stderr, /^warning: counts is in .* no more: it is stopped, and its data is kept/m);
  assert.match((await system.islet('status')).stdout, /^counts +stopped .*its data is kept$/m);
  assert.doesNotMatch((await system.up()).stderr, /counts is in/, 'what is known is not told again');
  assert.equal((await system.get('/counts/')).status, 404);
  assert.deepEqual(await system.pids('stays'), stays);

  system.write('islet.yaml', `system: tiny\ngateway: { port: ${system.port} }\n`);
  await system.up();
  assert.equal(await visit(), '2');
});
