import assert from 'node:assert/strict';
import { chownSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { idOf, processesOf } from './support/left-behind.ts';
import { makeSystem } from './support/system.ts';

const UID = 65_534;
const isRoot = process.getuid?.() === 0;
const checkout = dirname(import.meta.dirname);
const skip = !isRoot
  ? 'runs as another user, which only root can; without root every other test is this one'
  : !reachable(checkout) && 'the other user can not read this checkout';

test('not root, a system runs whole, and says that its services are not isolated', { skip }, async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'islet-user-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const folder = join(root, 'system');
  for (const path of [folder, join(root, 'home')]) mkdirSync(path);
  await using system = await makeSystem({
    folder,
    services: {
      one: { file: { database: 'postgres', scale: 2 } },
      two: { file: { uses: ['one'], database: 'sqlite' } },
    },
    prefix: ['setpriv', `--reuid=${UID}`, `--regid=${UID}`, '--clear-groups', '--'],
    env: { HOME: join(root, 'home') },
  });
  for (const path of [root, folder, join(root, 'home')]) chownSync(path, UID, UID);

  await system.up();
  for (const pid of processesOf(system.state, idOf(system.state))) assert.equal(statSync(`/proc/${pid}`).uid, UID);
  assert.match((await system.islet('status')).stdout, /no isolation between services: .+/);
  const from = (await (await system.get('/two/from/one/hello')).json()) as { service: string };
  assert.equal(from.service, 'one');

  system.write('services/one/reply', 'I am edited');
  await system.up();
  assert.equal((await system.ask('one')).reply, 'I am edited');
  const [victim = 0] = await system.pids('two');
  process.kill(victim, 'SIGKILL');
  await system.islet('restart', 'two');
  assert.equal((await system.ask('two')).reply, 'I am two');
  assert.equal((await system.islet('exec', 'two', '--', 'cat', 'reply')).stdout.trim(), 'I am two');
  const id = idOf(system.state);
  assert.equal((await system.islet('down', '--purge', '--yes')).code, 0);
  assert.deepEqual(processesOf(system.state, id), []);
});

/** Other users may pass through every folder above it. */
function reachable(path: string): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === '/' || reachable(dirname(path)));
}
