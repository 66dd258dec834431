import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { listenLife, livingPid, socketPath } from '@islet/keeper/life';
import { backOffMs } from '../src/keep-alive.ts';

test('a second instance is told that another lives', async (t) => {
  const state = folder(t);
  const first = await listenLife({ state, program: 'proxy' });
  assert.equal(await listenLife({ state, program: 'proxy' }), undefined);
  const other = await listenLife({ state, program: 'control-plane' });
  assert.ok(first && other);
  await first.close();
  const second = await listenLife({ state, program: 'proxy' });
  assert.ok(second);
  await Promise.all([second.close(), other.close()]);
});

test('the lock needs no space on the disk', async (t) => {
  const state = folder(t);
  const life = await listenLife({ state, program: 'proxy' });
  const files = readdirSync(join(state, 'run')).filter((name) => name.startsWith('proxy.lock'));
  assert.deepEqual(
    files.map((name) => statSync(join(state, 'run', name)).size),
    [0],
  );
  await life?.close();
});

test('a socket that a killed instance left is replaced', async (t) => {
  const state = folder(t);
  const first = await listenLife({ state, program: 'proxy' });
  await first?.close();
  writeFileSync(socketPath(state, 'proxy.life'), '');
  const life = await listenLife({ state, program: 'proxy' });
  const signal = AbortSignal.timeout(60_000);
  assert.equal(await livingPid({ state, program: 'proxy', signal }), process.pid);
  await life?.close();
  assert.equal(await livingPid({ state, program: 'proxy', signal }), undefined);
});

test('a socket has a path that the kernel takes, however long that of the state folder', (t) => {
  const state = join(folder(t), 'long'.repeat(40));
  const path = socketPath(state, 'control-plane.life');
  assert.ok(Buffer.byteLength(path) <= 103, path);
  assert.equal(socketPath(state, 'control-plane.life'), path);
  const shortcut = dirname(dirname(path));
  t.after(() => rmSync(shortcut, { recursive: true }));
  assert.equal(statSync(shortcut).mode & 0o777, 0o700);
});

test('the last process of a system leaves nothing but what is in its state folder', async (t) => {
  const state = join(folder(t), 'long'.repeat(40));
  const path = socketPath(state, 'control-plane.life');
  const shortcut = dirname(dirname(path));
  const [life, other] = [
    await listenLife({ state, program: 'control-plane' }),
    await listenLife({ state, program: 'proxy' }),
  ];
  await other?.close();
  assert.ok(existsSync(shortcut), 'others are reached by it');
  await life?.close({ isLast: true });
  assert.equal(existsSync(shortcut), false);
  const next = await listenLife({ state, program: 'control-plane' });
  const signal = AbortSignal.timeout(60_000);
  assert.equal(await livingPid({ state, program: 'control-plane', signal }), process.pid);
  await next?.close({ isLast: true });
});

test('a shortcut that others can use is refused', (t) => {
  const state = join(folder(t), 'long'.repeat(40));
  const shortcut = dirname(dirname(socketPath(state, 'proxy.life')));
  t.after(() => rmSync(shortcut, { recursive: true }));
  chmodSync(shortcut, 0o777);
  assert.throws(() => socketPath(state, 'proxy.life'), /only its owner can use: remove it, or set TMPDIR/);
});

test('what whoever started a daemon had left open is closed in it', () => {
  const code = `
    import { existsSync } from 'node:fs';
    import { closeInherited } from '@islet/keeper/life';
    const before = existsSync('/proc/self/fd/60');
    closeInherited();
    console.log(before, existsSync('/proc/self/fd/60'));`;
  const node = [process.execPath, '--input-type=module', '-e', code].map(
    (word) => `'${word.replaceAll("'", `'\\''`)}'`,
  );
  const cwd = import.meta.dirname;
  const output = execFileSync('bash', ['-c', `exec 60>/dev/null; exec ${node.join(' ')}`], { cwd, encoding: 'utf8' });
  assert.equal(output.trim(), process.platform === 'linux' ? 'true false' : 'false false');
});

test('pauses grow from none to five seconds', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 7, 8, 1_000].map(backOffMs), [0, 0, 100, 200, 400, 3200, 5000, 5000]);
});

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'life-test-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
