import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { connect, isAlive } from '@islet/client';
import { aService, aStatus, startFake } from '@islet/client/testing';
import { FAKE_MAIN, islet, removeFolder, SYSTEM, tempFolder } from './run.ts';

let folder = '';
let stateFolder = '';

beforeEach(() => {
  folder = tempFolder(SYSTEM);
  stateFolder = join(folder, '.islet');
});

afterEach(() => removeFolder(folder));

describe('down', () => {
  test('where nothing runs says so, starts nothing and is no error', async () => {
    const { code, stdout } = await islet(['down'], { cwd: folder, controlPlane: '/nowhere/main.js' });
    assert.deepEqual([code, stdout], [0, 'Nothing is running\n']);
  });

  test('waits until the control plane has ended', async () => {
    const connection = await connect({ folder, stateFolder, entry: FAKE_MAIN, start: 'stay' });
    const { code, stdout } = await islet(['down'], { cwd: folder });
    assert.deepEqual([code, stdout], [0, 'Stopped; data stays\n']);
    assert.equal(isAlive(connection.pid), false);
  });

  test('a wait that runs out is exit 4', async () => {
    await using _ = await startFake({
      status: aStatus([aService('web', { state: 'stopping', why: 'draining' })], { settled: false }),
      stateFolder,
      answers: { down: () => ({ revision: 2, changed: true, warnings: [] }) },
    });
    const { code, stderr } = await islet(['down', '--timeout', '200ms'], { cwd: folder });
    assert.equal(code, 4);
    assert.match(stderr, /web {2}stopping: draining\nerror: not all had ended within 200 ms/);
  });

  test('--purge without a terminal deletes nothing unless told --yes', async () => {
    const database = { engine: 'postgres', state: 'ready' };
    await using fake = await startFake({ status: aStatus([aService('web', { database })]), stateFolder });
    const { code, stderr } = await islet(['down', '--purge'], { cwd: folder });
    assert.equal(code, 2);
    assert.match(stderr, /deletes, for good:\n {2}web's database \(postgres\)\n[\s\S]*say --purge --yes/);
    assert.ok(fake.calls.every(({ name }) => name !== 'down'));
  });

  test('--purge leaves a state folder alone that a person named, and says so', async () => {
    const named = join(folder, 'named');
    await connect({ folder, stateFolder: named, entry: FAKE_MAIN, start: 'stay' });
    const { code, stdout } = await islet(['down', '--purge', '--yes', '--state', 'named'], { cwd: folder });
    assert.equal(code, 0);
    assert.match(stdout, /`rm -r .*\/named` deletes secrets and logs/);
    assert.ok(readdirSync(named).includes('token'));
  });

  test('--purge --yes asks nothing, and reaches a system that is down', async () => {
    const first = await connect({ folder, stateFolder, entry: FAKE_MAIN, start: 'stay' });
    await islet(['down'], { cwd: folder });
    assert.equal(isAlive(first.pid), false);
    const { code, stdout } = await islet(['down', '--purge', '--yes', '--json'], { cwd: folder });
    assert.equal(code, 0);
    assert.deepEqual(JSON.parse(stdout), { outcome: 'stopped', purged: true });
    assert.equal(existsSync(stateFolder), false);
  });
});
