import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, before, describe, it } from 'node:test';
import { idOf, processesOf } from './support/left-behind.ts';
import { runOf } from './support/service.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* A store that its engine finds sound may still be one that nobody can serve from: a drill starts the service on it. */

const MIGRATION = 'CREATE TABLE entries (id bigint PRIMARY KEY);\nINSERT INTO entries VALUES (7);';

/** Serves its entries, and knows how often it was asked for them. */
const NOTES = `
import { createServer } from 'node:http';
import { DatabaseSync } from 'node:sqlite';
const database = new DatabaseSync(process.env.DATABASE_PATH);
let asked = 0;
createServer((request, response) => {
  if (request.url === '/readyz') return response.end();
  if (request.url === '/asked') return response.end(String(asked));
  asked++;
  const [newest] = database.prepare('SELECT id FROM entries ORDER BY id DESC LIMIT 1').all();
  if (newest === undefined) console.log('there is not one entry');
  response.writeHead(newest === undefined ? 500 : 200).end(String(newest?.id));
}).listen(process.env.PORT, process.env.HOST);
`;

/** Looks at the place that the service is in. */
const LOOK = `
import { connect } from 'node:net';
import { once } from 'node:events';
const { PORT, HOST, ISLET_DRILL, NOTES_URL, DATABASE_URL, OTEL_EXPORTER_OTLP_ENDPOINT } = process.env;
const seen = async (name) => (await fetch('http://' + HOST + ':' + PORT + '/env/' + name)).text();
if (ISLET_DRILL !== 'restore' || (await seen('ISLET_DRILL')) !== 'restore') throw new Error('it is told of no drill');
if ((await seen('DATABASE_URL')) !== DATABASE_URL) throw new Error('it has another database');
if (OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) throw new Error('it would be seen in telemetry');
const { hostname, port } = new URL(DATABASE_URL);
await once(connect({ host: hostname, port: Number(port) }).unref(), 'connect');
const called = await fetch(NOTES_URL).then(() => 'answered', () => 'nobody');
if (called !== 'nobody') throw new Error('what it uses was ' + called);
console.log('port ' + port);
`;

describe("a drill with a service's smoke test", () => {
  let system: System;
  const drill = (name: string) => system.islet('drill', 'restore', name, '--timeout', '170s');
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const asked = async () => (await system.get('/notes/asked')).text();

  before(async () => {
    const sqlite = { engine: 'sqlite', migrations: 'migrations' };
    const postgres = { engine: 'postgres', migrations: 'migrations' };
    const files = { 'migrations/1.sql': MIGRATION };
    const smoke = 'GET http://localhost/entries\n\n###\nPOST http://localhost/entries\n';
    system = await makeSystem({
      services: {
        notes: {
          file: { database: sqlite, test: { smoke: 'smoke.http' }, run: runOf({ command: 'node notes.mjs' }) },
          files: { ...files, 'notes.mjs': NOTES, 'smoke.http': smoke },
        },
        ledger: {
          file: { database: postgres, uses: ['notes'], test: { smoke: 'node look.mjs' } },
          files: { ...files, 'look.mjs': LOOK },
        },
      },
    });
    await system.up();
    for (const name of ['notes', 'ledger']) {
      await until(`${name} is known to the backup process`, async () => {
        return (await system.islet('backup', 'now', name, '--timeout', '60s')).code === 0;
      });
    }
  });
  after(() => system[Symbol.asyncDispose]());

  it('asks an instance of its own, on the restored store, while the others serve', async () => {
    const { code, stdout, stderr } = await drill('notes');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /comes back: .*; its smoke test passes: 1 request of smoke\.http/);
    assert.equal(await asked(), '0');
    assert.equal((await system.service('notes')).instanceList.length, 1);
  });

  it('runs a program of it where the service sees nothing of the living', async () => {
    const { code, stdout, stderr } = await drill('ledger');
    assert.equal(code, 0, stderr);
    assert.match(stdout, /its smoke test passes: node look\.mjs/);
  });

  it('fails loudly where the service can not serve what the engine finds sound, with its last lines', async () => {
    const url = (await run('db', 'url', 'notes')).trim();
    using file = new DatabaseSync(url.replace('sqlite:///', ''), { timeout: 10_000 });
    file.exec('DELETE FROM entries');
    await run('backup', 'now', 'notes', '--timeout', '60s');
    const { code, stderr } = await drill('notes');
    assert.equal(code, 1);
    assert.match(stderr, /! its smoke test fails: GET \/entries: status 500; printed last: there is not one entry/);
    await until('the warning is there', async () => {
      const { warnings } = await system.status();
      return warnings.some((text) => /notes.*does not come back.*smoke test/.test(text));
    });
  });

  it('fails where the service does not even start, and leaves no store and no process behind', async () => {
    const line = 'if (process.env.ISLET_DRILL) process.exit(3);\n';
    system.write('services/ledger/server.mjs', `${line}${system.read('services/ledger/server.mjs')}`);
    await system.up();
    const { code, stderr } = await drill('ledger');
    assert.equal(code, 1);
    assert.match(stderr, /its smoke test fails: it ended before it had answered: it ended with exit 3/);
    const isOfDrill = (pid: number) => /ISLET_SLOT=\S*drill/.test(environmentOf(pid));
    await until('nothing is left', async () => {
      const running = processesOf(system.state, idOf(system.state)).filter(isOfDrill);
      return running.length === 0 && !existsSync(join(system.state, 'services', 'drill.ledger'));
    });
  });
});

/** Empty where it has just ended. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
