import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { controlFileText, readControlFile } from '../src/control-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'islet-control-file-'));
after(() => rmSync(folder, { recursive: true }));

describe('the control file', () => {
  const said = { url: 'http://127.0.0.1:4000', pid: process.pid, version: '1.2.3' };
  const write = (text: string) => writeFileSync(join(folder, 'control.json'), text);

  it('names the control plane that wrote it, once there is a token', () => {
    write(controlFileText(said));
    assert.equal(readControlFile(folder), undefined);
    writeFileSync(join(folder, 'token'), 'secret\n');
    assert.deepEqual(readControlFile(folder), { ...said, token: 'secret' });
  });

  it('is worth nothing when its writer is gone, though its pid may be another process by now', () => {
    write(JSON.stringify({ ...said, started: '1' }));
    assert.equal(readControlFile(folder), undefined);
  });

  it('is worth nothing when it is half-written', () => {
    write(controlFileText(said).slice(0, 20));
    assert.equal(readControlFile(folder), undefined);
  });
});
