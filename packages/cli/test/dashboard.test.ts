import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Answers, aStatus, startFake } from '@islet/client/testing';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

async function system(t: TestContext, answers: Answers) {
  const folder = tempFolder(SYSTEM);
  const fake = await startFake({ status: aStatus([]), stateFolder: join(folder, '.islet'), answers });
  t.after(async () => {
    await fake.kill();
    removeFolder(folder);
  });
  return { fake, run: (...words: string[]) => islet(['dashboard', ...words], { cwd: folder }) };
}

const SESSION = { id: 'k3', startedAt: 0, seenAt: 60_000, expiresAt: 2_592_000_000, agent: 'Firefox/140' };

test('the link leads to the control plane that made it', async (t) => {
  const { fake, run } = await system(t, { dashboardLogin: () => ({ path: '/login#a-code', expiresAt: 9 }) });
  const { code, stdout } = await run();
  assert.deepEqual([code, stdout], [0, `${fake.url}/login#a-code\n`]);
  assert.deepEqual(JSON.parse((await run('--json')).stdout), { url: `${fake.url}/login#a-code`, expiresAt: 9 });
});

test('sessions are shown, and showing them makes no link', async (t) => {
  const { fake, run } = await system(t, { dashboardSessions: () => [SESSION] });
  const { stdout } = await run('--sessions');
  assert.match(stdout, /k3 +1970-01-01 00:00 +1970-01-01 00:01 +1970-01-31 00:00 +Firefox\/140/);
  assert.ok(fake.calls.every(({ name }) => name !== 'dashboardLogin'));
});

test('a session is logged out by its id, and one that is not there is a mistake', async (t) => {
  const { fake, run } = await system(t, { endDashboardSession: ({ id }) => ({ ended: id === 'k3' ? 1 : 0 }) });
  assert.match((await run('--logout', 'k3')).stdout, /Logged out 1 browser\./);
  assert.deepEqual(fake.calls.at(-1), { name: 'endDashboardSession', input: { id: 'k3' } });
  const wrong = await run('--logout', 'k4');
  assert.notEqual(wrong.code, 0);
  assert.match(wrong.stderr, /no session is called k4/);
  assert.match((await run('--logout', 'all')).stdout, /Logged out 0 browsers\./);
});
