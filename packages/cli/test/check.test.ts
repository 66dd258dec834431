import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = tempFolder({ ...SYSTEM, ...files });
  t.after(() => removeFolder(folder));
  return folder;
}

describe('check', () => {
  const CYCLE = {
    'services/a/service.yaml': 'run: { command: serve }\nuses: [b]\n',
    'services/b/service.yaml': 'run: { command: serve }\nuses: [a]\n',
  };

  it('allows a cycle of uses, and says where the start order was cut', async (t) => {
    const { code, stdout, stderr } = await islet(['check'], { cwd: folderWith(t, CYCLE) });
    assert.equal(code, 0);
    assert.match(stdout, /no mistakes/);
    assert.match(
      stderr,
      /services\/b\/service.yaml:2:8\b[\s\S]*a → b → a is a cycle of uses: b starts without waiting for a/,
    );
  });

  it('tells programs the same', async (t) => {
    const { stdout } = await islet(['check', '--json'], { cwd: folderWith(t, CYCLE) });
    const { ok, cuts } = JSON.parse(stdout);
    assert.equal(ok, true);
    assert.deepEqual(cuts, [{ from: 'b', to: 'a', cycle: ['a', 'b', 'a'] }]);
  });
});
