import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { parseSystem } from '../src/index.ts';
import { nodeFiles } from '../src/node-files.ts';

const root = mkdtempSync(join(tmpdir(), 'islet-spec-'));
after(() => rmSync(root, { recursive: true }));

mkdirSync(join(root, 'services/orders'), { recursive: true });
writeFileSync(join(root, 'islet.yaml'), 'system: shop\n');
writeFileSync(join(root, 'services/orders/service.yaml'), 'run: { command: x }\n');
writeFileSync(join(root, 'services/notes.txt'), '');
symlinkSync('orders', join(root, 'services/linked'));
symlinkSync('nowhere', join(root, 'services/dangling'));

test('folders, files, links and what is missing are told apart', () => {
  const files = nodeFiles(root);
  assert.deepEqual(files.listFolders('services'), ['linked', 'orders']);
  assert.deepEqual(files.listFiles('services'), ['notes.txt']);
  assert.deepEqual(files.listFolders('missing'), []);
  assert.equal(files.kind('services'), 'folder');
  assert.equal(files.kind('services/dangling'), undefined);
  assert.equal(files.readText('services'), undefined);
  assert.equal(files.readText('missing'), undefined);
});

test('a system is parsed from the disk', () => {
  const result = parseSystem(nodeFiles(root));
  assert(result.kind === 'ok');
  assert.deepEqual(
    result.spec.services.map(({ name, file }) => [name, file]),
    [
      ['linked', 'services/linked/service.yaml'],
      ['orders', 'services/orders/service.yaml'],
    ],
  );
});
