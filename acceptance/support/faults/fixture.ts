import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A system of tiny services for tests that break it: `ledger` keeps rows and applies two migrations, `pair` runs twice and
 * calls it, `lone` has a build and a secret. Each answers `GET` with who it is, so that an auditor can compare.
 */
export interface Fixture {
  readonly folder: string;
  readonly port: number;
  readonly engine: 'sqlite' | 'postgres';
}

/** The secret that `lone` needs before it can run. */
export const SECRET = 'word';

export function writeFixture(fixture: Fixture): void {
  const { folder, port, engine } = fixture;
  write(join(folder, 'islet.yaml'), `system: broken\ngateway: { port: ${port} }\n`);
  const ledger = { expose: '/ledger', extra: `database: { engine: ${engine}, migrations: migrations }` };
  writeService(folder, 'ledger', { ...ledger, main: MAIN + LEDGER[engine] });
  for (const [file, sql] of Object.entries(MIGRATIONS)) write(join(folder, 'services/ledger/migrations', file), sql);
  writeService(folder, 'pair', { expose: '/pair', extra: 'uses: [ledger]\nscale: 2', main: MAIN + PAIR });
  const env = `env: { WORD: { secret: ${SECRET} } }`;
  writeService(folder, 'lone', { expose: '/lone', run: `build: cp edit built\n  ${env}`, main: MAIN + LONE });
  for (const service of SERVICES) edit(folder, service, 0);
}

export const SERVICES = ['ledger', 'pair', 'lone'] as const;
export type FixtureService = (typeof SERVICES)[number];

/** Another revision of a service; it answers with the number. */
export function edit(folder: string, service: FixtureService, number: number): void {
  write(join(folder, 'services', service, 'edit'), `${number}`);
}

interface ServiceFiles {
  readonly expose: string;
  readonly main: string;
  readonly run?: string;
  readonly extra?: string;
}

function writeService(folder: string, name: string, { expose, main, run = '', extra = '' }: ServiceFiles): void {
  const file = [
    `name: ${name}`,
    'run:',
    '  command: node main.mjs',
    ...(run === '' ? [] : [`  ${run}`]),
    '  stop: { grace: 2s, drain: 2s }',
    `api: { expose: { path: ${expose}, strip: true } }`,
    'health:',
    '  startup: { deadline: 10s }',
    '  ready: { http: /readyz, period: 200ms }',
    '  live: { http: /readyz, period: 300ms, timeout: 1s }',
    'rollout: { minHealthy: 0s, bake: 0s, healthyDeadline: 60s }',
    extra,
    '',
  ];
  write(join(folder, 'services', name, 'service.yaml'), file.join('\n'));
  write(join(folder, 'services', name, 'main.mjs'), main);
}

function write(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
}

/** Each migration leaves a row behind when it is applied, so that one applied twice shows. */
const MIGRATIONS = {
  '0001_rows.sql': 'CREATE TABLE applied (name TEXT); INSERT INTO applied VALUES (1); CREATE TABLE rows (id TEXT);',
  '0002_more.sql': 'INSERT INTO applied VALUES (2);',
} as const;

const MAIN = `
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
const edit = readFileSync('edit', 'utf8');
const serve = (answer) => {
  const server = createServer(async (request, response) => {
    if (request.url === '/readyz') return response.end();
    if (request.url === '/never') return undefined;
    try {
      response.end(JSON.stringify({ pid: process.pid, edit, ...(await answer(request)) }));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  server.listen(Number(process.env.PORT), process.env.HOST);
  process.once('SIGTERM', () => server.close(() => process.exit(0)));
};
`;

const LEDGER = {
  sqlite: `
const { DatabaseSync } = await import('node:sqlite');
const database = new DatabaseSync(process.env.DATABASE_PATH, { timeout: 5000 });
serve(async ({ method, url }) => {
  const id = url.split('/').at(-1);
  if (method === 'POST') database.prepare('INSERT INTO rows VALUES (?)').run(id);
  const list = (sql) => database.prepare(sql).all().map((row) => Object.values(row)[0]);
  return { applied: list('SELECT name FROM applied ORDER BY name'), rows: list('SELECT id FROM rows') };
});
`,
  postgres: `
const sql = (text) => new Promise((resolve, reject) =>
  execFile('psql', [process.env.DATABASE_URL, '-qAtX', '-v', 'ON_ERROR_STOP=1', '-c', text], (error, out) =>
    error ? reject(error) : resolve(out.split('\\n').filter(Boolean))));
serve(async ({ method, url }) => {
  const id = url.split('/').at(-1).replace(/\\W/g, '');
  if (method === 'POST') await sql("INSERT INTO rows VALUES ('" + id + "')");
  if (method === 'POST') return {};
  return { applied: await sql('SELECT name FROM applied ORDER BY name'), rows: await sql('SELECT id FROM rows') };
});
`,
} as const;

const PAIR = `
serve(async () => ({ ledger: (await fetch(process.env.LEDGER_URL)).status }));
`;

const LONE = `
serve(async () => ({ word: process.env.WORD, built: readFileSync('built', 'utf8') }));
`;
