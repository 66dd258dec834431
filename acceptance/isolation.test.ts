import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runOf } from './support/service.ts';
import { makeSystem } from './support/system.ts';

/* A service that has been taken over finds nothing of another service's, nor of Islet's own. */

/** Tries to read or list each path that it is POSTed, and to write in it or connect to it, and tells what it could. */
const THIEF = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { appendFileSync, openSync, readdirSync, readSync, statSync, writeFileSync } from 'node:fs';
const attempt = (act) => { try { act(); return true; } catch { return false; } };
const isFolder = (path) => attempt(() => { if (!statSync(path).isDirectory()) throw path; });
const read = (path) => isFolder(path) ? readdirSync(path) : readSync(openSync(path), Buffer.alloc(1));
const reach = (path) => new Promise((done) => {
  const socket = connect({ path }, () => (socket.destroy(), done(true))).once('error', () => done(false));
});
const write = (path) => isFolder(path) ? writeFileSync(path + '/planted', '') : appendFileSync(path, '');
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  const paths = JSON.parse(body || '[]');
  const reads = paths.filter((path) => attempt(() => read(path)));
  const writes = paths.filter((path) => attempt(() => write(path)));
  const reached = [];
  for (const path of paths) if (path.endsWith('.sock') && (await reach(path))) reached.push(path);
  response.end(JSON.stringify({ uid: process.getuid(), reads, writes, reached }));
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.once('SIGTERM', () => process.exit(0));
`;

/** In the state folder; each must be there, or the test would try nothing. */
const ISLETS = [
  'control.db',
  'key',
  'credentials/*',
  'redis/*',
  'mariadb/*',
  'keeper.json',
  'token',
  'control.json',
  'routing-table.json',
  'logs',
  'run',
  'run/*',
  'processes/*',
];
/** In the folder of another service; its instances' folders, not those below which only links lie. */
const ANOTHERS = [
  'revisions/*',
  'revisions/*/*',
  'instances/*/home',
  'instances/*/tmp',
  'instances/*/work',
  'data',
  'data/*',
];

const skip = process.getuid?.() === 0 ? false : 'only root can give each service a user of its own';

test('a service can read and write nothing of another service, nor of Islet', { skip }, async () => {
  const withStore = (engine: string, more: object = {}) => ({
    file: { run: runOf({ env: { WORD: { secret: 'word' } } }), database: { engine }, ...more },
  });
  await using system = await makeSystem({
    services: {
      filed: withStore('sqlite'),
      served: withStore('postgres', { redis: 'store' }),
      billed: withStore('mariadb', { volumes: ['scans'] }),
      thief: { file: { health: {} }, files: { 'server.mjs': THIEF } },
    },
  });
  await system.isletWith('a secret', 'secret', 'set', 'word');
  await system.up();

  const { processes, services } = await system.status();
  const pids = [
    processes.controlPlane.pid,
    processes.proxy?.pid,
    processes.keeper?.pid,
    ...services.flatMap(({ name, instanceList, database }) =>
      name === 'thief' ? [] : [...instanceList.map(({ pid }) => pid), database?.pid],
    ),
  ].filter((pid) => pid !== undefined);
  const paths = [
    ...below(system.state, ISLETS),
    ...['filed', 'served'].flatMap((name) => below(join(system.state, 'services', name), ANOTHERS)),
    ...below(join(system.state, 'services/billed'), ['mariadb', 'mariadb/*', 'mariadb/data/*', 'volumes', 'volumes/*']),
    ...below(system.state, ['backup', 'backup/*', 'backup/repository/*']),
    ...below(join(system.state, 'services/served'), ['redis', 'redis/*', 'redis/data/*']),
    ...['filed', 'served'].flatMap((name) => below(system.state, [`logs/services/${name}`, `logs/services/${name}/*`])),
    ...pids.flatMap((pid) => ['environ', 'mem', 'cwd', 'fd'].map((name) => `/proc/${pid}/${name}`)),
  ];

  const response = await fetch(`${system.url}/thief/`, { method: 'POST', body: JSON.stringify(paths) });
  const { uid, ...got } = (await response.json()) as { uid: number };
  assert.notEqual(uid, 0);
  assert.deepEqual(got, { reads: [], writes: [], reached: [] });
});

function below(folder: string, patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: folder }).map((path) => join(folder, path));
    assert.notEqual(found.length, 0, `there is no ${pattern} in ${folder}`);
    return found;
  });
}
