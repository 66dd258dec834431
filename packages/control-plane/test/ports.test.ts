import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { openDatabase } from '../src/store/database.ts';
import { openPorts, refusalToListen } from '../src/store/ports.ts';

function ports(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-ports-'));
  const database = openDatabase(join(folder, 'control.db'));
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true });
  });
  return openPorts(database, 'a system');
}

it('releases one name, and none that begins so', async (t) => {
  const store = ports(t);
  const names = ['instance web-r.0-1', 'instance web-r.0-10', 'instance web_r', 'instance webxr'];
  for (const name of names) await store.take(name);
  store.release('instance web-r.0-1');
  store.release('instance web_r');
  assert.deepEqual(store.names('instance '), ['instance web-r.0-10', 'instance webxr']);
});

it('lists what begins so, letter by letter', async (t) => {
  const store = ports(t);
  for (const name of ['edge a>b', 'edge aab>b', 'edge a>c']) await store.take(name);
  assert.deepEqual(store.names('edge a>'), ['edge a>b', 'edge a>c']);
});

it('says why a port can not be listened on', async (t) => {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.equal(await refusalToListen(port, '127.0.0.1'), 'EADDRINUSE');
  assert.equal(await refusalToListen(port, '203.0.113.1'), 'EADDRNOTAVAIL');
});
