import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { writeWhole } from '../src/write-whole.ts';

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'islet-whole-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

describe('bytes that are written as a whole', () => {
  it('are all there, in a row or at a place', async (t) => {
    const path = join(folderOf(t), 'file');
    await using file = await open(path, 'wx');
    await writeWhole(file, Buffer.from('one two'));
    await writeWhole(file, Buffer.from(' three'));
    await writeWhole(file, Buffer.from('2'), 0);
    assert.equal(readFileSync(path, 'utf8'), '2ne two three');
  });

  it('fail where there is room for a part of them', (t) => {
    const path = join(folderOf(t), 'file');
    const program = `import { open } from 'node:fs/promises';
      import { writeWhole } from ${JSON.stringify(import.meta.resolve('../src/write-whole.ts'))};
      await using file = await open(${JSON.stringify(path)}, 'wx');
      await writeWhole(file, Buffer.alloc(100_000)).catch(({ code }) => console.log(code));`;
    // In blocks of 512 bytes; past it a process is ended, unless it won't hear of that.
    const script = `trap '' XFSZ; ulimit -f 100; exec "$0" --input-type=module -e "$1"`;
    const { stdout, stderr } = spawnSync('/bin/sh', ['-c', script, process.execPath, program], { encoding: 'utf8' });
    assert.equal(stdout.trim(), 'EFBIG', stderr);
    assert.ok(readFileSync(path).length > 0);
  });
});
