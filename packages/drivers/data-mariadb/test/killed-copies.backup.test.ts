import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { killedCopies } from '@islet/backup/testing';
import { openWorld } from './harness.ts';

test('a backup that is killed around any of its changes is whole or not offered, and its log goes on', async (t) => {
  const root = await mkdtemp(join(tmpdir(), 'islet-mariadb-'));
  await chmod(root, 0o711);
  const system = `maria-copies${process.pid}`;
  t.after(async () => (await openWorld(root, system)).close());
  const program = fileURLToPath(new URL('./copy-in-child.ts', import.meta.url));
  await killedCopies(program, { args: [root, system], hasLog: true });
});
