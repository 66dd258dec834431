import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { accessiblePath, isReachable } from '../src/accessible-path.ts';
import { removeServiceUser, serviceUser, switchTo, userName } from '../src/index.ts';
import { ensureTool } from '../src/tool.ts';
import { until, untilExited, World } from './support/world.ts';

const ROOT = process.getuid?.() === 0;

test('a name of any length makes a user name that Linux takes, and no two services share one', () => {
  const names = ['a', 'A', 'order-history', 'x'.repeat(60), `${'x'.repeat(60)}y`].map((service) =>
    userName({ system: 's', service }),
  );
  for (const name of names) assert.match(name, /^islet-[a-z0-9-]{1,16}-[0-9a-f]{8}$/);
  assert.equal(new Set(names).size, names.length);
  assert.notEqual(userName({ system: 's', service: 'a' }), userName({ system: 't', service: 'a' }));
});

test('who is not root has no service users', { skip: ROOT && 'root has them' }, async () => {
  assert.equal(await serviceUser({ system: 's', service: 'a' }), undefined);
  await removeServiceUser({ system: 's', service: 'a' });
});

test(
  'asking at once for one user makes one, and removing it twice removes it',
  { skip: !ROOT && 'not root' },
  async (t) => {
    const { system } = new World(t);
    const of = { system, service: 'orders' };
    t.after(() => removeServiceUser(of));
    const [one, other] = await Promise.all([serviceUser(of), serviceUser(of)]);
    assert.deepEqual(one, other);
    assert.ok(one !== undefined && one.uid > 0 && one.gid > 0);
    await removeServiceUser(of);
    await removeServiceUser(of);
  },
);

test(
  'what a user left in shared folders goes with it, and nothing of others',
  { skip: !ROOT && 'not root' },
  async (t) => {
    const { system } = new World(t);
    const of = { system, service: 'litter' };
    t.after(() => removeServiceUser(of));
    const user = await serviceUser(of);
    const [own, other] = [`/tmp/litter-${system}-own`, `/tmp/litter-${system}-other`];
    for (const folder of [own, other]) mkdirSync(folder);
    t.after(() => rmSync(other, { recursive: true }));
    chownSync(own, user!.uid, user!.gid);
    await removeServiceUser(of);
    assert.deepEqual([existsSync(own), existsSync(other)], [false, true]);
  },
);

test("a service can't read another's environment, log or record", { skip: !ROOT && 'not root' }, async (t) => {
  const world = new World(t);
  chmodSync(world.folder, 0o755);
  const [one, two] = ['one', 'two'].map((service) => ({ system: world.system, service }));
  t.after(() => Promise.all([removeServiceUser(one!), removeServiceUser(two!)]));
  const supervisor = await world.open();
  const env = { PATH: '/usr/bin:/bin', SECRET: 'swordfish' };
  await supervisor.start(
    world.spec('victim', 'echo swordfish; exec sleep 1000', { user: await serviceUser(one!), env }),
  );
  await until(() => world.read('logs/victim.log') !== '', 'it wrote');
  const script = 'cat /proc/[0-9]*/environ logs/* processes/victim/* processes/*/* 2>&1; id -un';
  await supervisor.start(
    world.spec('thief', script, { user: await serviceUser(two!), env: { PATH: '/usr/bin:/bin' } }),
  );
  await untilExited(supervisor, 'thief');
  const loot = world.read('logs/thief.log');
  assert.ok(loot.includes(userName(two!)));
  assert.ok(!loot.includes('swordfish'));
});

test('a service can never become root again', { skip: !ROOT && 'not root' }, async (t) => {
  const world = new World(t);
  const of = { system: world.system, service: 'plain' };
  t.after(() => removeServiceUser(of));
  const [tool = '', ...args] = switchTo(await serviceUser(of));
  const status = execFileSync(tool, [...args, '/bin/cat', '/proc/self/status'], { encoding: 'utf8' });
  assert.match(status, /^NoNewPrivs:\s+1$/m);
  assert.match(status, /^CapEff:\s+0+$/m);
  assert.match(status, /^Groups:\s*$/m);
});

test('a PATH keeps what the user can search', (t) => {
  const world = new World(t);
  chmodSync(world.folder, 0o755);
  for (const name of ['open', 'closed']) mkdirSync(world.path(`${name}/bin`), { recursive: true });
  chmodSync(world.path('closed'), 0o700);
  const stranger = { name: 'stranger', uid: 4_000_000, gid: 4_000_000 };
  const path = [
    world.path('open/bin'),
    world.path('closed/bin'),
    'relative',
    world.path('none'),
    world.path('open/bin'),
  ];
  assert.equal(accessiblePath(path.join(':'), stranger), world.path('open/bin'));
  assert.equal(accessiblePath(path.join(':'), undefined), [world.path('open/bin'), world.path('closed/bin')].join(':'));
});

test('a copied tool is made once, can be run by all, and stays when its source is replaced', async (t) => {
  const world = new World(t);
  chmodSync(world.folder, 0o755);
  const source = world.path('source');
  writeFileSync(source, '#!/bin/sh\necho one\n', { mode: 0o700 });
  const folder = world.path('tools');
  const options = { name: 'tool', source, folder };
  const [bin, again] = await Promise.all([ensureTool(options), ensureTool(options)]);
  assert.equal(bin, again);
  assert.deepEqual(readdirSync(bin), ['tool']);
  assert.equal(statSync(join(bin, 'tool')).mode & 0o777, 0o755);
  assert.ok(isReachable(join(bin, 'tool'), { name: 'stranger', uid: 4_000_000, gid: 4_000_000 }));
  writeFileSync(source, '#!/bin/sh\necho another\n');
  assert.notEqual(await ensureTool(options), bin);
  assert.equal(execFileSync(join(bin, 'tool'), { encoding: 'utf8' }), 'one\n');
});
