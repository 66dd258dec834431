import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { killedRestores } from '@islet/backup/testing';
import { MARIADB_FAILPOINTS } from '../src/index.ts';
import { openWorld } from './harness.ts';

test('a restore that is killed at any of its instants leaves nothing that is ready, and can be made again', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'islet-mariadb-'));
  await chmod(root, 0o711);
  const system = `maria-restores${process.pid}`;
  t.after(async () => (await openWorld(root, system)).close());
  const program = fileURLToPath(new URL('./restore-in-child.ts', import.meta.url));
  await killedRestores(program, { args: [root, system], failpoints: MARIADB_FAILPOINTS });
});
