import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startLoad } from './support/load.ts';
import { runOf } from './support/service.ts';
import { makeSystem, type System } from './support/system.ts';
import { until } from './support/until.ts';

/* Instances that die, by the kernel or by themselves, and what their callers and the people see of it. */

/** Runs once, and then never again: the file outlives the process, not the instance. */
const LOOPS = `import { existsSync, writeFileSync } from 'node:fs';
if (existsSync('ran')) { console.log('can not run twice'); process.exit(4); }
writeFileSync('ran', '');
`;

let system: System;
before(async () => {
  const looping = {
    file: { run: runOf({ command: 'node looping.mjs' }) },
    files: { 'looping.mjs': `${LOOPS}await import('./server.mjs');` },
  };
  system = await makeSystem({ services: { pair: { file: { scale: 2 } }, lone: {}, looping } });
  await system.up();
});
after(async () => {
  await system[Symbol.asyncDispose]();
});

test('the death of one of two instances fails no request, and it comes back as another process', async () => {
  const [victim = 0, other] = await system.pids('pair');
  using load = await startLoad(`${system.url}/pair/`);
  process.kill(victim, 'SIGKILL');
  const pids = await until('both run again', async () => {
    const now = await system.service('pair');
    const running = now.instanceList.flatMap(({ pid }) => pid ?? []);
    return now.instances.ready === 2 && !running.includes(victim) ? running : undefined;
  });
  assert.deepEqual((await load.stop()).others, {});
  assert.equal(pids.length, 2);
  assert.ok(other !== undefined && pids.includes(other), 'the other one was left alone');
});

test('a lone instance that is killed comes back, and both status and decisions tell it', async () => {
  const [victim = 0] = await system.pids('lone');
  process.kill(victim, 'SIGKILL');
  const [instance] = await until('it runs again', async () => {
    const { instances, instanceList } = await system.service('lone');
    return instances.ready === 1 && instanceList[0]?.pid !== victim ? instanceList : undefined;
  });
  assert.equal(instance?.exits, 1);
  assert.equal((await system.ask('lone')).pid, instance?.pid);
  const { stdout } = await system.islet('decisions', 'lone');
  assert.match(stdout, new RegExp(`${instance?.id} ended: .*SIGKILL`));
});

test('a crash loop is told with its reason and its back-off, and touches no other service', async () => {
  const [pair, lone] = [await system.pids('pair'), await system.pids('lone')];
  const [victim = 0] = await system.pids('looping');
  process.kill(victim, 'SIGKILL');
  const { why, instanceList } = await until('it is given time', async () => {
    const now = await system.service('looping');
    return now.state === 'degraded' && now.instanceList[0]?.state === 'exited' ? now : undefined;
  });
  assert.match(`${why} ${instanceList[0]?.why}`, /exit 4/);
  assert.match(why, /exit 4, again after \d+ s/);
  assert.ok((instanceList[0]?.exits ?? 0) >= 3);
  const { code, stdout } = await system.islet('status');
  assert.equal(code, 0);
  assert.match(stdout, /^looping +degraded/m);
  await until('its logs say why', async () => /can not run twice/.test((await system.islet('logs', 'looping')).stdout));
  assert.equal((await system.get('/looping/')).status, 503);
  assert.deepEqual([await system.pids('pair'), await system.pids('lone')], [pair, lone]);
  assert.equal((await system.ask('lone')).service, 'lone');
});
