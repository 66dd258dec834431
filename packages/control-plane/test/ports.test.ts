import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { openDatabase } from '../src/store/database.ts';
import { openPorts, refusalToListen } from '../src/store/ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'islet-ports-'));
after(() => rmSync(folder, { recursive: true }));

describe('a port', () => {
  test('is released alone, and not with those whose names begin like its own', async () => {
    const ports = openPorts(openDatabase(join(folder, 'one.db')), 'system');
    const kept = await ports.take('instance a-0-10');
    await ports.take('instance a-0-1');
    ports.release('instance a-0-1');
    assert.equal(ports.get('instance a-0-1'), undefined);
    assert.equal(ports.get('instance a-0-10'), kept);
  });

  test('is found by the beginning of its name, letter by letter', async () => {
    const ports = openPorts(openDatabase(join(folder, 'two.db')), 'system');
    for (const name of ['edge a>b', 'edge a_>b', 'instance a']) await ports.take(name);
    assert.deepEqual(ports.names('edge a>'), ['edge a>b']);
    assert.deepEqual(ports.names('edge '), ['edge a>b', 'edge a_>b']);
  });

  test('that can not be listened on says why', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    assert.equal(await refusalToListen(port, '127.0.0.1'), 'EADDRINUSE');
    assert.equal(await refusalToListen(port, '203.0.113.1'), 'EADDRNOTAVAIL');
    server.close();
  });
});
