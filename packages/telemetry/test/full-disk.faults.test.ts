import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { LIMITS } from '../src/store/limits.ts';
import { Clock, logRow, open, textsIn } from './support.ts';

/** A disk of its own, small enough to be filled. Undefined: this machine does not let us. */
function smallDisk(t: TestContext, mebibytes: number): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'islet-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'islet-telemetry-test', folder], {
      stdio: 'pipe',
    });
  } catch {
    return undefined;
  }
  t.after(() => {
    execFileSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

test('on a disk that is full nothing breaks and nothing is damaged; it goes on when there is room', (t) => {
  const disk = smallDisk(t, 24);
  if (disk === undefined) return t.skip('this machine lets nobody mount a disk');
  const clock = new Clock();
  const folder = join(disk, 'telemetry');
  // The guard that stops before the disk is full is lifted: this is about the disk itself.
  const freeBytes = () => 1e12;
  let { store } = open({ folder, clock, freeBytes });
  let number = 0;
  const add = (count: number) => {
    store.add(
      'logs',
      'orders',
      Array.from({ length: count }, () => logRow({ at: clock.now + number / 1e6, text: `line ${number++}` })),
    );
    clock.now += 1_000;
    store.sync({});
    store.tend();
  };
  for (let second = 0; second < 5; second++) add(1_000);
  const before = number;
  try {
    for (let mebibyte = 0; ; mebibyte++) writeFileSync(join(disk, `ballast-${mebibyte}`), Buffer.alloc(256 * 1024, 1));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  }
  for (let second = 0; second < 12; second++) add(LIMITS.waitingRows / 8);
  assert.match(store.problem ?? '', /the disk is full/);
  assert((store.dropped['the disk took nothing'] ?? 0) > 0);
  // Killed while it is full: what was synced before is whole.
  ({ store } = open({ folder, clock, freeBytes }));
  const texts = textsIn(store);
  assert.deepEqual(
    texts.slice(0, before),
    Array.from({ length: before }, (_, index) => `line ${index}`),
  );

  for (let mebibyte = 0; mebibyte < 200; mebibyte++) rmSync(join(disk, `ballast-${mebibyte}`), { force: true });
  add(1_000);
  assert.equal(store.problem, undefined);
  assert.equal(textsIn(open({ folder, clock, freeBytes }).store).at(-1), `line ${number - 1}`);
});
