import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { listeningPorts } from '../src/listening-ports.ts';

it('finds where a process listens through those that it started', async (t) => {
  const listen = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const shell = spawn('/bin/sh', ['-c', `"$0" -e "$1" & wait`, process.execPath, listen], { detached: true });
  t.after(() => process.kill(-(shell.pid ?? 0), 'SIGKILL'));
  const [line] = await once(shell.stdout, 'data');
  assert.deepEqual(await listeningPorts(shell.pid ?? 0), [Number(line)]);
});

it('says nothing of a process that is gone', async () => {
  assert.deepEqual(await listeningPorts(2 ** 22 + 1), []);
});
