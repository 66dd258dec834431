import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { ROOT } from '../repository.ts';

const OUTLIVED = join(import.meta.dirname, 'outlived.ts');
const DEADLINE_MS = 60_000;
const noProc = !existsSync('/proc/self/environ') && 'processes are found by /proc, which is of Linux';

interface Outlived {
  readonly pid: number;
  readonly folders: readonly string[];
}

function start(t: TestContext, ...args: readonly string[]) {
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

async function firstLine(child: ChildProcessByStdio<null, Readable, null>): Promise<string> {
  const [line]: string[] = await once(createInterface(child.stdout), 'line');
  return line ?? '';
}

function lives(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
  test(`what a runner started is ended after it, and its files removed: ${signal}`, { skip: noProc }, async (t) => {
    const runner = start(t, OUTLIVED);
    const { pid, folders } = JSON.parse(await firstLine(runner)) as Outlived;
    assert.deepEqual([lives(pid), folders.map((folder) => existsSync(folder))], [true, [true, true]]);
    runner.kill(signal);
    const deadline = Date.now() + DEADLINE_MS;
    while (lives(pid) || folders.some((folder) => existsSync(folder))) {
      assert.ok(Date.now() < deadline, `${pid} or a folder of ${folders.join(', ')} is still there`);
      await pause(20);
    }
  });
}

test('what is left at the end of a run is ended, and told', { skip: noProc }, async (t) => {
  const said = await text(start(t, OUTLIVED, 'close').stdout);
  const [first = '', ...lines] = said.trim().split('\n');
  const { pid, folders } = JSON.parse(first) as Outlived;
  assert.deepEqual(lines, [`left running: ${pid} sleep 600`]);
  assert.deepEqual([lives(pid), folders.map((folder) => existsSync(folder))], [false, [false, false]]);
});

test('a runner that is ended by a signal ends its tests, and says so', async (t) => {
  const runner = start(t, 'scripts/test.ts', 'everyday', 'packages/keeper/test/life');
  const ended = once(runner, 'exit');
  await once(runner.stdout, 'data').then(() => runner.kill('SIGTERM'));
  assert.deepEqual(await ended, [143, null]);
});
