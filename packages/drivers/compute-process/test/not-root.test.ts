import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isReachable, switchTo } from '@islet/supervise';

const NOBODY = { name: 'nobody', uid: 65_534, gid: 65_534 };
const HERE = import.meta.dirname;

const isRoot = process.getuid?.() === 0;
const isFound = isReachable(HERE, NOBODY) && isReachable(process.execPath, NOBODY);
const skip = (!isRoot && 'this run is without root') || (!isFound && `another user can't reach ${HERE} or node`);

test('all of this holds without root too', { skip }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'islet-nobody-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  chownSync(folder, NOBODY.uid, NOBODY.gid);
  chmodSync(folder, 0o711);
  const files = readdirSync(HERE).filter((file) => file.endsWith('.test.ts') && file !== 'not-root.test.ts');
  const [tool = '', ...args] = switchTo(NOBODY);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(
    tool,
    [...args, process.execPath, '--test', ...files.map((file) => join(HERE, file))],
    {
      env: { ...env, TMPDIR: folder },
      encoding: 'utf8',
      timeout: 120_000,
      maxBuffer: 16 * 1024 * 1024,
    },
  );
  assert.equal(status, 0, stdout);
});
