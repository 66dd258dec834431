import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('the engine knows the flags by which it compiles the proxy', () => {
  const source = `import { inlineMore } from ${JSON.stringify(import.meta.resolve('../src/compiler.ts'))}; inlineMore();`;
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', source], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
});
