import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { mountSmallDisk } from './support/faults/small-disk.ts';
import { startLoad } from './support/load.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

test('a full disk costs no request, is told, acknowledges nothing that it can not keep, and heals with the first free byte', async (t) => {
  using disk = mountSmallDisk({ mebibytes: 96 });
  if (disk === undefined) return t.skip('this machine lets nobody mount a filesystem');
  await using system = await makeSystem({
    name: 'full',
    state: join(disk.folder, 'state'),
    services: { web: { file: { scale: 2 } }, lone: {} },
  });
  await system.up();
  const { processes } = await system.status();
  using load = await startLoad(`${system.url}/web/`);
  shortenLog(join(disk.folder, 'state', 'control.db'));
  disk.fill();
  // What fails from here on is told, instead of a system that can't be stopped on a full disk.
  using _ = { [Symbol.dispose]: () => disk.free() };

  const [victim] = await system.pids('web');
  assert.ok(victim !== undefined);
  process.kill(victim, 'SIGKILL');
  await until(
    'the dead instance has left traffic',
    async () => (await system.service('web')).instances.ready < 2 || !(await system.pids('web')).includes(victim),
  );
  await until('the status tells', async () => {
    // What ends meanwhile leaves room behind.
    disk.fill();
    const { warnings } = await system.status();
    return warnings.some((warning) => /nothing can be recorded in .*: .*full/.test(warning));
  });
  const asked = await system.islet('scale', 'lone', '3');
  assert.notEqual(asked.code, 0, 'what can not be kept is not acknowledged');
  assert.match(asked.stderr, /full|no space/i);

  disk.free();
  await until('all is as before', async () => {
    const { services, warnings } = await system.status();
    const isWhole = services.every(
      ({ state, instances }) => state === 'ready' && instances.ready === instances.desired,
    );
    return isWhole && !warnings.some((warning) => /recorded/.test(warning));
  });
  assert.equal((await system.service('lone')).instances.desired, 1);
  const { stdout } = await system.islet('decisions', 'web');
  assert.match(stdout, /ended: SIGKILL/, 'what happened meanwhile is recorded');
  assert.equal((await system.status()).processes.proxy?.pid, processes.proxy?.pid);
  assert.deepEqual((await load.stop()).others, {});
});

/** SQLite's log keeps the length that it once had, and a disk without a free byte takes records until that is used up. */
function shortenLog(path: string): void {
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout=10000; PRAGMA wal_checkpoint(TRUNCATE);');
  } finally {
    database.close();
  }
}
