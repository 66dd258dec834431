import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Client } from 'pg';
import S3rver from 's3rver';
import { freePort } from '../scripts/test/free-port.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

/* The machine's data directory is gone. What is left: the bucket, the system's files, and a key on a sheet of paper. */

const FILES = { 'migrations/1.sql': 'CREATE TABLE entries (id bigint PRIMARY KEY);\nINSERT INTO entries VALUES (0);' };
const database = { engine: 'postgres', migrations: 'migrations' };
const NOTES = { engine: 'sqlite', migrations: 'migrations' };
const BILLS = { engine: 'mariadb', migrations: 'migrations' };

test('a system is rebuilt from S3 storage, its files and the recovery key alone, and without the key it is not', async (t) => {
  const port = await freePort();
  const folder = join(tmpdir(), `islet-s3-${process.pid}`);
  const bucket = { name: 'backups', configs: [] };
  const s3 = new S3rver({ port, address: '127.0.0.1', silent: true, directory: folder, configureBuckets: [bucket] });
  await s3.run();
  t.after(async () => {
    await s3.close();
    rmSync(folder, { recursive: true });
  });
  const env = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };
  await using system = await makeSystem({
    env,
    services: {
      ledger: { file: { database }, files: FILES },
      notes: { file: { database: NOTES }, files: FILES },
      bills: { file: { database: BILLS }, files: FILES },
      // Beside a database, so that each has a name of its own.
      carts: { file: { database: NOTES, redis: 'store' }, files: FILES },
      other: {},
      gallery: { file: { database: NOTES, volumes: ['uploads'] }, files: FILES },
      papers: { file: { volumes: ['scans'] } },
    },
  });
  const secret = { accessKey: { secret: 'backup-id' }, secretKey: { secret: 'backup-key' } };
  const backup = { to: 's3://backups/tiny', endpoint: `http://127.0.0.1:${port}`, ...secret };
  system.write('islet.yaml', JSON.stringify({ system: 'tiny', gateway: { port: system.port }, backup }));
  const run = async (...words: string[]) => {
    const ended = await system.islet(...words);
    assert.equal(ended.code, 0, `islet ${words.join(' ')}: ${ended.stdout}${ended.stderr}`);
    return ended.stdout;
  };
  const rows = async (change?: string) => {
    const client = new Client((await run('exec', 'ledger', '--', 'sh', '-c', 'echo $DATABASE_URL')).trim());
    try {
      await client.connect();
      if (change !== undefined) await client.query(change);
      return Number((await client.query<{ count: string }>('SELECT count(*) FROM entries')).rows[0]?.count);
    } finally {
      await client.end();
    }
  };

  const noted = async (change?: string) => {
    const url = (await run('exec', 'notes', '--', 'sh', '-c', 'echo $DATABASE_URL')).trim();
    using file = new DatabaseSync(url.replace('sqlite:///', ''), { timeout: 10_000 });
    if (change !== undefined) file.exec(change);
    return Number(file.prepare('SELECT count(*) AS rows FROM entries').get()?.rows);
  };

  const said = async (service: string, text: string, ...options: string[]) => {
    const rows: unknown = JSON.parse(await run('db', 'shell', service, '--command', text, '--json', ...options));
    return Array.isArray(rows) ? (rows as object[]).map((row) => String(Object.values(row)[0])) : [];
  };

  /** In a service's folder of that name. */
  const inFolder = (service: string, volume: string, command: string) =>
    run('exec', service, '--', 'sh', '-c', `cd "$ISLET_VOLUME_${volume.toUpperCase()}" && ${command}`);

  for (const name of ['backup-id', 'backup-key']) {
    assert.equal((await system.isletWith('S3RVER', 'secret', 'set', name)).code, 0);
  }
  await system.up();
  for (const name of ['ledger', 'notes', 'bills', 'carts', 'carts.redis'])
    await run('backup', 'now', name, '--timeout', '60s');
  await inFolder(
    'gallery',
    'uploads',
    "mkdir -p deep/er && printf 'an image' > deep/er/one.png && ln -s one.png deep/er/two.png",
  );
  await inFolder('papers', 'scans', "printf 'a page' > page && chmod 640 page");
  // Of files what is copied is kept: they have no log.
  for (const name of ['gallery', 'papers']) await run('backup', 'now', name, '--timeout', '60s');
  assert.equal(await rows('INSERT INTO entries SELECT generate_series(1, 500)'), 501);
  assert.equal(await noted('INSERT INTO entries VALUES (1), (2)'), 3);
  await said('bills', 'INSERT INTO entries VALUES (1), (2), (3)', '--write');
  await said('carts', 'RPUSH paid a b c', '--redis', '--write');
  await until('no warning is left about a second copy', async () => {
    const { warnings } = await system.status();
    return !warnings.some((text) => /off this machine|not there yet/.test(text));
  });
  const key = (await run('backup', 'key', 'export')).trim();
  // What is committed is in the bucket a moment later, and so is what was asked of Islet itself.
  assert.equal((await system.isletWith('a late word', 'secret', 'set', 'late')).code, 0);
  const secrets = JSON.parse(await run('secret', 'list', '--json')) as { name: string; setAt: number }[];
  const late = new Date(secrets.find(({ name }) => name === 'late')?.setAt ?? Number.NaN).toISOString();
  const copies = /islet\.state.*copies.(\d{8}T\d{9}Z).manifest/;
  await until('the state is copied since', () =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).some(
      (path) => (copies.exec(path)?.[1] ?? '') > late.replaceAll(/[-:.]/g, ''),
    ),
  );
  const written = new Date().toISOString();
  await until('what was written is restorable, and so is the state', async () => {
    const stores = JSON.parse((await system.islet('backup', 'status', '--json')).stdout) as {
      service: string;
      to?: number;
      mirroredAt?: number;
    }[];
    return stores.every(
      ({ service, to = 0, mirroredAt = 0 }) =>
        mirroredAt > Date.parse(written) && (isOfFiles(service) || to > Date.parse(written)),
    );
  });

  // The machine is lost: nothing is said to anybody, and nothing of the state is left.
  await run('down', '--purge', '--yes');
  rmSync(system.state, { recursive: true, force: true });
  assert.equal(existsSync(system.state), false);

  const digit = key.at(20) === '0' ? '1' : '0';
  writeFileSync(join(system.folder, 'wrong.txt'), key.slice(0, 20) + digit + key.slice(21));
  const mistyped = await system.islet('recover', '--key', 'wrong.txt');
  assert.equal(mistyped.code, 1);
  assert.match(mistyped.stderr, /no recovery key/);
  const other = 'islet-recovery-00000000-00000000-00000000-00000000-00000000-00000000-00000000-00000000-';
  writeFileSync(join(system.folder, 'other.txt'), `${other}452f110e`);
  const refused = await system.islet('recover', '--key', 'other.txt');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /need recovery key/);
  assert.equal(existsSync(system.state), false);

  writeFileSync(join(system.folder, 'key.txt'), `${key}\n`);
  assert.match(
    await run('recover', '--key', 'key.txt'),
    /bills: as of.*carts: as of.*carts\.redis: as of.*gallery: as of.*its files are as of.*ledger: as of.*notes: as of.*papers\.files: as of/s,
  );
  await system.up();
  assert.equal(await rows(), 501);
  assert.equal(await noted(), 3);
  assert.deepEqual(await said('bills', 'SELECT count(*) FROM entries'), ['4']);
  assert.deepEqual(await said('carts', 'LRANGE paid 0 -1', '--redis'), ['a', 'b', 'c']);
  assert.equal((await inFolder('gallery', 'uploads', 'cat deep/er/two.png')).trim(), 'an image');
  assert.equal((await inFolder('papers', 'scans', 'stat -c %a page && cat page')).trim(), '640\na page');
  assert.deepEqual(await said('gallery', 'SELECT count(*) FROM entries'), ['1']);
  assert.equal((await system.ask('other')).reply, 'I am other');
  assert.match(await run('secret', 'list'), /backup-key[\s\S]*late/);
});

function isOfFiles(store: string): boolean {
  return ['gallery.files', 'papers', 'papers.files'].includes(store);
}
