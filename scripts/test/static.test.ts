import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { ROOT } from '../repository.ts';

const CHECKS = [
  { rule: 'the types hold', argv: ['node_modules/typescript/bin/tsc', '-p', '.'] },
  { rule: 'the types of the pages hold', argv: ['node_modules/typescript/bin/tsc', '-p', 'packages/dashboard'] },
  { rule: 'format and lint hold', argv: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'] },
  { rule: 'the house style holds', argv: ['scripts/tidy.ts'] },
];

for (const { rule, argv } of CHECKS) {
  test(rule, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, argv, { cwd: ROOT, encoding: 'utf8' });
    assert.ok(status === 0, `${argv.join(' ')} exits with ${status}:\n${stdout}${stderr}`);
  });
}
