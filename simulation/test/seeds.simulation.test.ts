import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MUTATIONS } from '../src/mutations.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

async function simulate(...args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const [output, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('close', resolve)));
  return { code, output: output + errors };
}

test('every invariant holds in 1,000 worlds', async () => {
  const { code, output } = await simulate('--seeds', '1000', '--start', '0');
  assert.equal(code, 0, output);
  assert.match(output, /^1000 seeds from 0, 0 broken: \d+ checks/m);
});

for (const { name } of MUTATIONS) {
  test(`finds a planted bug: ${name}`, async () => {
    const { code, output } = await simulate('--seeds', '1000', '--start', '0', '--mutation', name, '--fail-fast');
    assert.equal(code, 1, output);
    assert.match(output, /^seed \d+: /m);
  });
}
