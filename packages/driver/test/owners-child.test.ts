import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { DriverError } from '../src/index.ts';
import { startOwnersChild } from '../src/owners-child.ts';

const LONGEST_MS = 60_000;

function start(t: TestContext, program: string) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-owners-child-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'main.mjs');
  writeFileSync(path, program);
  const request = { program: pathToFileURL(path), trouble: 'the files can not be reached' };
  return startOwnersChild(request, AbortSignal.timeout(LONGEST_MS));
}

test(
  'is gone when it was killed, also with much that it said and nobody has read',
  { timeout: LONGEST_MS },
  async (t) => {
    // More than the pipe and the stream hold: it is stopped in the middle of a word.
    const child = start(t, 'process.stdout.write(Buffer.alloc(8 * 1024 * 1024)); setInterval(() => {}, 1000);');
    const parts = child.process.stdout[Symbol.asyncIterator]();
    await parts.next();
    await child.kill();
    assert.equal(child.process.signalCode, 'SIGKILL');
  },
);

test('a child that ends badly says what its last error was', async (t) => {
  const child = start(t, "throw new Error('who goes there')");
  child.process.stdout.resume();
  await assert.rejects(
    child.end(),
    (error) =>
      error instanceof DriverError && error.code === 'unavailable' && /reached: .*who goes there/.test(error.message),
  );
});

test('a child that has no room says so', async (t) => {
  const child = start(t, "throw new Error('ENOSPC: no space left on device')");
  child.process.stdout.resume();
  await assert.rejects(child.end(), (error) => error instanceof DriverError && error.code === 'no-space');
});
