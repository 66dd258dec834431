import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { killedRestores } from '@islet/backup/testing';
import { FILES_FAILPOINTS } from '../src/index.ts';
import { makeWorld } from './harness.ts';

test('a restore that is killed at any of its instants leaves nothing that is ready, and can be made again', async (t) => {
  const { root, system, close } = await makeWorld();
  t.after(() => close(['killed', 'branch.killed']));
  const program = fileURLToPath(new URL('./restore-in-child.ts', import.meta.url));
  await killedRestores(program, { args: [root, system], failpoints: FILES_FAILPOINTS });
});
