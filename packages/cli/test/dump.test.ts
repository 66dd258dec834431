import assert from 'node:assert/strict';
import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { aService, aStatus, type FakeControlPlane, startFake } from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';
let fake: FakeControlPlane;

const MISMATCH = `#!/bin/sh
echo 'pg_dump: error: aborting because of server version mismatch' >&2
echo 'pg_dump: detail: server version: 18.4; pg_dump version: 15.20 (Debian 15.20-0+deb12u1)' >&2
exit 1
`;

before(async () => {
  const broken = '#!/bin/sh\necho "pg_dump: error: connection refused" >&2\nexit 1\n';
  folder = tempFolder({ ...SYSTEM, 'old/pg_dump': MISMATCH, 'broken/pg_dump': broken });
  for (const bin of ['old', 'broken']) chmodSync(join(folder, bin, 'pg_dump'), 0o755);
  fake = await startFake({
    status: aStatus([aService('web')]),
    stateFolder: join(folder, '.islet'),
    answers: { database: () => ({ engine: 'postgres', url: 'postgres://web@127.0.0.1:1/web' }) },
  });
});

after(async () => {
  await fake.kill();
  removeFolder(folder);
});

const dumpWith = (bin: string, ...words: string[]) =>
  islet(['db', 'dump', 'web', ...words], { cwd: folder, env: { PATH: `${join(folder, bin)}:/usr/bin:/bin` } });

test('a tool that is older than the server is as good as none: exit 3, and what to install', async () => {
  const { code, stdout, stderr } = await dumpWith('old', '-o', join(folder, 'web.sql'));
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /version mismatch\n/);
  assert.match(stderr, /install postgresql-client-18 /);
  assert.equal(existsSync(join(folder, 'web.sql')) || existsSync(join(folder, 'web.sql.part')), false);
});

test('what else the tool says is a failure, in its own words', async () => {
  assert.deepEqual(await dumpWith('broken'), { code: 1, stdout: '', stderr: 'pg_dump: error: connection refused\n' });
});
