import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { it } from 'node:test';
import { otherSystem, portOwner } from '../src/port-owner.ts';

it('names who listens on a port by program and pid', async (t) => {
  const listen = `require('node:net').createServer().listen(0, '127.0.0.1', function () { console.log(this.address().port) })`;
  const program = spawn(process.execPath, ['-e', listen]);
  t.after(() => program.kill('SIGKILL'));
  const [line] = await once(program.stdout, 'data');
  assert.deepEqual(await portOwner(Number(line)), { name: `node (pid ${program.pid})`, remedy: 'end it' });
});

const PROXY = '/opt/islet/packages/proxy/src/main.ts';

for (const { name, argv, expected } of [
  {
    name: 'another system by its folder',
    argv: ['node', PROXY, '--state', '/srv/shop/.islet', '--kept'],
    expected: { name: 'the system in /srv/shop', remedy: '`islet down /srv/shop`' },
  },
  {
    name: 'another system by its state, where that is elsewhere',
    argv: ['node', '/usr/lib/node_modules/@islet/proxy/dist/main.js', '--state', '/var/lib/shop'],
    expected: { name: 'the system in /var/lib/shop', remedy: '`islet down --state /var/lib/shop`' },
  },
  {
    name: 'nothing of a program that only looks like one',
    argv: ['node', '/srv/shop/services/proxy/src/app.ts', '--state', '/srv/shop/.islet'],
    expected: undefined,
  },
  { name: 'nothing of a program without arguments', argv: ['nginx'], expected: undefined },
]) {
  it(`tells ${name}`, () => assert.deepEqual(otherSystem(argv), expected));
}
