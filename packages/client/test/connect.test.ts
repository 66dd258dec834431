import assert from 'node:assert/strict';
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { ApiError, type Connection, connect, follow, isAlive, replaceControlPlane } from '@islet/client';
import { aService, aStatus, type FakeControlPlane, startFake, writeControlFiles } from '@islet/client/testing';

const entry = fileURLToPath(import.meta.resolve('@islet/client/testing/main'));
const NOBODY = 4_194_300;
let folder = '';
let stateFolder = '';
let staying: Connection[] = [];

beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'islet-connect-')));
  stateFolder = join(folder, '.islet');
});

afterEach(async () => {
  delete process.env.FAKE_MODE;
  delete process.env.FAKE_VERSION;
  for (const { pid } of staying) await end(pid);
  staying = [];
  rmSync(folder, { recursive: true, force: true });
});

async function end(pid: number): Promise<void> {
  if (isAlive(pid)) process.kill(pid, 'SIGTERM');
  while (isAlive(pid)) await new Promise(setImmediate);
}

const stay = async () => {
  const connection = await connect({ folder, stateFolder, entry, start: 'stay' });
  staying.push(connection);
  return connection;
};

describe('connect', () => {
  test('`never` says that nothing runs, and what starts it', async () => {
    await assert.rejects(connect({ folder, stateFolder, entry, start: 'never' }), (error: unknown) => {
      return error instanceof ApiError && error.code === 'unavailable' && /islet up/.test(error.hint ?? '');
    });
  });

  test('what Node.js is told for this command alone does not reach a control plane that stays', async (t) => {
    const before = process.env.NODE_OPTIONS;
    t.after(() => {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    });
    process.env.NODE_OPTIONS = '--require /no/such/debugger.cjs';
    assert.equal((await stay()).kind, 'started');
  });

  test('a control plane that can not start is told with how it ended and its last lines', async () => {
    process.env.FAKE_MODE = 'crash';
    for (const start of ['stay', 'once'] as const) {
      const error = await connect({ folder, stateFolder, entry, start }).catch((thrown: Error) => thrown);
      assert.ok(error instanceof ApiError);
      assert.match(error.message, /ended with exit 7\n {2}first line of trouble\n {2}last line of trouble/, start);
    }
  });

  test('a wrong token is told, and no second control plane started', async () => {
    await using fake = await startFake({ status: aStatus([]), stateFolder });
    writeControlFiles(stateFolder, { url: fake.url, token: 'wrong', pid: process.pid, version: '0.1.0' });
    await assert.rejects(
      connect({ folder, stateFolder, entry, start: 'stay' }),
      (error: unknown) => error instanceof ApiError && error.code === 'unauthorised',
    );
  });

  test("a port that is another system's by now, after a reboot, does not stand in the way", async () => {
    await using other = await startFake({ status: aStatus([]), token: 'theirs' });
    writeControlFiles(stateFolder, { url: other.url, token: 'ours', pid: NOBODY, version: '0.1.0' });
    const { kind } = await stay();
    assert.equal(kind, 'started');
  });

  test('one that runs is used', async () => {
    await using fake = await startFake({ status: aStatus([aService('a')]), stateFolder });
    await using connection = await connect({ folder, stateFolder, entry, start: 'stay' });
    assert.equal(connection.kind, 'running');
    assert.equal((await connection.client.status()).services[0]?.name, 'a');
    assert.ok(fake.calls.length > 0);
  });

  test('`stay` starts one that outlives the connection', async () => {
    const first = await stay();
    assert.equal(first.kind, 'started');
    await first[Symbol.asyncDispose]();
    const second = await stay();
    assert.deepEqual([second.kind, second.pid], ['running', first.pid]);
  });

  test('`once` starts one that ends with the connection and leaves nothing behind', async () => {
    const connection = await connect({ folder, stateFolder, entry, start: 'once' });
    assert.equal(connection.kind, 'once');
    assert.equal((await connection.client.status()).folder, folder);
    await connection[Symbol.asyncDispose]();
    assert.equal(isAlive(connection.pid), false);
  });

  test('two at the same time end with one that both use', async () => {
    const [a, b] = await Promise.all([stay(), stay()]);
    assert.ok(a && b);
    assert.equal((await a.client.status()).system, 'shop');
    assert.equal((await b.client.status()).system, 'shop');
  });

  test('another version is ended and replaced', async () => {
    process.env.FAKE_VERSION = '0.0.9';
    const old = await stay();
    delete process.env.FAKE_VERSION;
    const next = await replaceControlPlane(old, { folder, stateFolder, entry, start: 'stay' });
    staying.push(next);
    assert.equal(isAlive(old.pid), false);
    assert.equal(next.version, '0.1.0');
  });
});

describe('follow', () => {
  test('goes on with the next control plane when the one that it watches dies', async () => {
    const first = await startFake({ status: aStatus([], { revision: 1 }), stateFolder });
    await using connection = await connect({ folder, stateFolder, entry, start: 'never' });
    const { signal } = new AbortController();
    let away = 0;
    let second: FakeControlPlane | undefined;
    const seen: number[] = [];
    for await (const status of follow(connection, { stateFolder, signal, onAway: () => (away += 1) })) {
      seen.push(status.revision);
      if (status.revision === 2) break;
      await first.kill();
      second = await startFake({ status: aStatus([], { revision: 2 }), stateFolder });
    }
    await second?.kill();
    assert.deepEqual(seen, [1, 2]);
    assert.equal(away, 1);
  });

  test('gives up on one that stays away', async () => {
    const fake = await startFake({ status: aStatus([]), stateFolder });
    await using connection = await connect({ folder, stateFolder, entry, start: 'never' });
    const { signal } = new AbortController();
    const watching = (async () => {
      for await (const _ of follow(connection, { stateFolder, signal, awayTimeoutMs: 50 })) await fake.kill();
    })();
    await assert.rejects(watching, /did not come back/);
  });
});
