import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../scripts/test/free-port.ts';
import { processesOf } from './support/left-behind.ts';
import { makeSystem } from './support/system.ts';
import { until } from './support/until.ts';

test('dev serves an edit by restarting its service alone, and Ctrl-C brings all down', async () => {
  await using system = await makeSystem({ services: { edited: {}, other: {} } });
  using dev = system.start('dev');
  await dev.printed(/listening as edited-(.|\n)*/);
  const before = await until('both answer', async () => {
    const [edited, other] = await Promise.all([system.ask('edited'), system.ask('other')]);
    return edited.pid && other.pid ? { edited, other } : undefined;
  });
  system.write('services/edited/reply', 'I am edited');
  await dev.printed(/services\/edited\/reply changed: restarting edited/);
  await until('the change is served', async () => (await system.ask('edited')).reply === 'I am edited');
  assert.equal((await system.ask('other')).pid, before.other.pid);

  system.write('services/edited/service.yaml', 'name: edited\nruns: {}\n');
  await dev.printed(/services\/edited\/service\.yaml:2:1 /);
  assert.equal((await system.ask('edited')).reply, 'I am edited');

  dev.child.kill('SIGINT');
  const { code, stderr } = await dev.ended;
  assert.equal(code, 0, stderr);
  assert.deepEqual(processesOf(join(system.state, 'dev'), undefined), []);
  await assert.rejects(system.get('/other/'));
});

test('dev runs beside up of the same folder on another port, and says what is in its way on the same one', async () => {
  await using system = await makeSystem({ services: { one: {} } });
  await system.up();
  const pids = await system.pids('one');
  using refused = system.start('dev');
  const { code, stderr } = await refused.ended;
  assert.equal(code, 1, stderr);
  const listener = `the gateway can't listen on 127\\.0\\.0\\.1:${system.port}: the system in ${system.folder} does: `;
  assert.match(stderr, new RegExp(`${listener}\`islet down ${system.folder}\`, or choose another port`));

  const port = await freePort();
  system.write('islet.yaml', `system: tiny\ngateway: { port: ${port} }\n`);
  using dev = system.start('dev');
  await until('dev serves', async () => (await fetch(`http://localhost:${port}/one/`)).status === 200);
  assert.equal((await system.ask('one')).pid, pids[0]);
  dev.child.kill('SIGINT');
  assert.equal((await dev.ended).code, 0);
  assert.deepEqual(await system.pids('one'), pids);
});
