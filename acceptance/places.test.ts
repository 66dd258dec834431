import assert from 'node:assert/strict';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* Where a system's folder and its state may be, and what others of its name do to it: nothing. */

function makeFolder(t: TestContext, mode = 0o755): string {
  const folder = mkdtempSync(join(tmpdir(), 'islet-place-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, mode);
  return folder;
}

/** What any system must be able to do, wherever it is. */
async function runs(system: System): Promise<void> {
  await system.up();
  assert.equal((await system.ask('one')).reply, 'I am one');
  system.write('services/one/reply', 'I am another');
  await system.up();
  assert.equal((await system.ask('one')).reply, 'I am another');
  await until('its logs tell of it', async () => /listening as one-/.test((await system.islet('logs', 'one')).stdout));
  assert.equal((await system.islet('call', 'one', '/')).code, 0);
  assert.equal((await system.islet('exec', 'one', '--', 'cat', 'reply')).stdout.trim(), 'I am another');
  const { database } = await system.service('one');
  assert.deepEqual([database?.engine, database?.state], ['sqlite', 'ready']);
}

const services = { one: { file: { database: 'sqlite' } } };

/** Short ways to sockets whose own path is too long. */
function linksInto(state: string): readonly string[] {
  const links = readdirSync(tmpdir())
    .filter((name) => name.startsWith('islet-'))
    .map((name) => join(tmpdir(), name, 'run'));
  return links.filter(
    (link) => lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && readlinkSync(link).startsWith(state),
  );
}

test('two systems of one name run side by side', async () => {
  await using first = await makeSystem({ name: 'same', services });
  await using second = await makeSystem({ name: 'same', services });
  await Promise.all([first.up(), second.up()]);
  const pids = await first.pids('one');
  assert.notDeepEqual(pids, await second.pids('one'));
  await runs(second);
  assert.equal((await second.islet('down')).code, 0);
  assert.deepEqual(await first.pids('one'), pids);
  assert.equal((await first.ask('one')).pid, pids[0]);
});

const PLACES = [
  { where: 'with its state elsewhere', place: (root: string) => ({ state: join(root, 'state', 'here') }) },
  {
    where: 'with a state folder of a very long path',
    place: (root: string) => ({ state: join(root, 'long'.repeat(40), 'path'.repeat(40)) }),
  },
  {
    where: 'in a folder with spaces and quotes',
    place: (root: string) => ({ folder: join(root, `it's a "folder" $HOME`) }),
  },
] as const;

for (const { where, place } of PLACES) {
  test(`a system runs ${where}`, async (t) => {
    const places: { state?: string; folder?: string } = place(makeFolder(t));
    await using system = await makeSystem({ services, ...places });
    await runs(system);
    assert.equal(existsSync(join(system.folder, '.islet')), places.state === undefined);
    assert.equal((await system.islet('down', '--purge', '--yes')).code, 0);
    assert.deepEqual(linksInto(system.state), [], 'nothing is left beside its folders');
  });
}

test('a system runs in a folder that its services’ users can’t reach', async (t) => {
  const home = makeFolder(t, 0o700);
  await using system = await makeSystem({ services, folder: join(home, 'system') });
  await runs(system);
});
