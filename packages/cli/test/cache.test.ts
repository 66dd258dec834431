import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { aService, aStatus, startFake } from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

test('cache purge hands on what is meant, and says how much went', async (t) => {
  const folder = tempFolder(SYSTEM);
  t.after(() => removeFolder(folder));
  const answers = { purge: () => ({ purged: 1 }) };
  const fake = await startFake({ status: aStatus([aService('web')]), stateFolder: join(folder, '.islet'), answers });
  t.after(() => fake.kill());
  const { code, stdout } = await islet(['cache', 'purge', 'web', '--path', '/a/*'], { cwd: folder });
  assert.deepEqual([code, stdout], [0, '1 stored response of web forgotten\n']);
  const { stdout: all } = await islet(['cache', 'purge', 'web', '--group', 'g', '--json'], { cwd: folder });
  assert.deepEqual(JSON.parse(all), { purged: 1 });
  const asked = fake.calls.filter(({ name }) => name === 'purge').map(({ input }) => input);
  assert.deepEqual(asked, [
    { service: 'web', path: '/a/*' },
    { service: 'web', group: 'g' },
  ]);
});
