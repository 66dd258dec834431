import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Listener, RoutingTable } from '@islet/policy';
import { freePort } from '../../../scripts/test/free-port.ts';
import type { ProxyState } from '../src/index.ts';
import { endpointAt, httpInstance, send, tableOf, until } from './world.ts';

const MAIN = new URL('../src/main.ts', import.meta.url).pathname;
const GET = 'GET /orders HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';

interface Home {
  readonly folder: string;
  readonly socket: string;
  readonly table: string;
  readonly gateway: number;
  readonly listeners: readonly Listener[];
  start(): ChildProcess;
}

async function home(t: TestContext): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-proxy-'));
  const children: ChildProcess[] = [];
  t.after(async () => {
    // A proxy that still runs writes into the folder.
    for (const child of children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null)) {
      const exit = once(child, 'exit');
      child.kill('SIGKILL');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  });
  const gateway = await freePort();
  const routes = [{ host: undefined, path: '/orders', strip: false, service: 'orders' }];
  const [socket, table] = [join(folder, 'proxy.sock'), join(folder, 'table.json')];
  const start = () => {
    const args = ['--socket', socket, '--table', table, '--state', folder];
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    children.push(child);
    return child;
  };
  const listeners: readonly Listener[] = [{ kind: 'gateway', host: '127.0.0.1', port: gateway, routes }];
  return { folder, socket, table, gateway, listeners, start };
}

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

function control(socketPath: string, method: string, path: string, body?: unknown): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, method, path, agent: false }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) });
    });
    outgoing.on('error', reject);
    outgoing.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body));
  });
}

async function state(socketPath: string): Promise<ProxyState> {
  return (await control(socketPath, 'GET', '/state')).body as ProxyState;
}

async function reachable(socketPath: string): Promise<ProxyState> {
  for (let left = 500; ; left--) {
    try {
      return await state(socketPath);
    } catch (thrown) {
      if (left === 0) throw thrown;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

function ended(child: ChildProcess): Promise<{ readonly code: number | null; readonly stderr: string }> {
  let stderr = '';
  child.stderr?.on('data', (bytes) => {
    stderr += bytes;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, stderr })));
}

test('an invalid table is refused with every mistake, and the old one stays', async (t) => {
  const { socket, start, listeners } = await home(t);
  start();
  await reachable(socket);
  const good = tableOf({ endpoints: [], listeners });
  assert.equal((await control(socket, 'PUT', '/table', good)).status, 200);
  const bad = { ...good, version: 'two', services: { 'or ders': 1 }, more: true };
  const reply = await control(socket, 'PUT', '/table', bad);
  assert.equal(reply.status, 422);
  assert.match(JSON.stringify(reply.body), /version: .*services.*more/);
  assert.equal((await control(socket, 'PUT', '/table', 'not JSON')).status, 422);
  assert.equal((await control(socket, 'GET', '/nothing')).status, 404);
  assert.equal((await control(socket, 'GET', '/requests/%ff')).status, 404);
  assert.equal((await control(socket, 'PUT', '/table', ' '.repeat(17 * 1024 * 1024))).status, 413);
  assert.equal((await state(socket)).table?.version, 1);
});

test('an older table, and another one of the same version, are refused', async (t) => {
  const { socket, start, listeners } = await home(t);
  start();
  await reachable(socket);
  const five = tableOf({ version: 5, endpoints: [], listeners });
  const put = async (table: RoutingTable) => (await control(socket, 'PUT', '/table', table)).status;
  assert.equal(await put(five), 200);
  assert.equal(await put(five), 200);
  assert.equal(await put({ ...five, version: 4 }), 409);
  assert.equal(await put({ ...five, routes: 'other' }), 409);
  assert.equal(await put({ ...five, version: 6 }), 200);
});

test('a listener that cannot be opened is a problem; the others work, and it opens when it can', async (t) => {
  const { socket, start, gateway } = await home(t);
  start();
  await reachable(socket);
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  const blocker = await httpInstance(t, () => undefined);
  const edge = { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1' } as const;
  const listeners = [
    { ...edge, port: blocker.port },
    { ...edge, port: gateway },
  ];
  const { body } = await control(
    socket,
    'PUT',
    '/table',
    tableOf({ endpoints: [endpointAt(instance.port)], listeners }),
  );
  assert.match(JSON.stringify(body), /web can't reach orders on .*EADDRINUSE/);
  assert.match(await send(gateway, GET), /ok$/);
  blocker.kill();
  while ((await state(socket)).problems.length > 0) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.match(await send(blocker.port, GET), /ok$/);
});

test('after kill -9 it serves from disk without a control plane, and tells what was in flight', async (t) => {
  const { socket, start, gateway, listeners, table } = await home(t);
  const first = start();
  await reachable(socket);
  let slow = 0;
  const instance = await httpInstance(t, (incoming, response) => {
    if (incoming.url === '/orders') response.end('served');
    else slow++;
  });
  await control(socket, 'PUT', '/table', tableOf({ version: 3, endpoints: [endpointAt(instance.port)], listeners }));
  assert.match(await send(gateway, GET), /served$/);
  for (let count = 0; count < 3; count++) {
    const client = connect(gateway, '127.0.0.1');
    client.on('error', () => undefined);
    client.write('GET /orders/slow HTTP/1.1\r\nHost: h\r\n\r\n');
  }
  await until(() => slow === 3);
  while (!/running +3\n/.test(await readFile(`${table}.inflight`, 'latin1')));
  first.kill('SIGKILL');
  await ended(first);
  start();
  const after = await reachable(socket);
  assert.deepEqual(after.lastDeath, { inFlight: 3 });
  assert.equal(after.table?.version, 3);
  assert.match(await send(gateway, GET), /served$/);
});

test('a table that cannot be kept on disk is used all the same, and reported', async (t) => {
  const { socket, start, table, gateway, listeners } = await home(t);
  start();
  await reachable(socket);
  const instance = await httpInstance(t, (_, response) => response.end('ok'));
  await mkdir(`${table}.new`);
  const put = (version: number) =>
    control(socket, 'PUT', '/table', tableOf({ version, endpoints: [endpointAt(instance.port)], listeners }));
  assert.match(JSON.stringify((await put(1)).body), /in use but not on disk/);
  assert.match(await send(gateway, GET), /ok$/);
  assert.equal((await state(socket)).problems.length, 1);
  await rm(`${table}.new`, { recursive: true });
  assert.equal((await put(2)).status, 200);
  assert.deepEqual((await state(socket)).problems, []);
});

test('a torn table on disk is not used', async (t) => {
  const { socket, start, table, listeners } = await home(t);
  const first = start();
  await reachable(socket);
  await control(socket, 'PUT', '/table', tableOf({ version: 3, endpoints: [], listeners }));
  first.kill('SIGKILL');
  await ended(first);
  const whole = await readFile(table, 'utf8');
  await writeFile(table, whole.slice(0, whole.length / 2));
  start();
  assert.equal((await reachable(socket)).table, undefined);
});

test('a second proxy on the same state ends with 0 and says so; the lock dies with the first', async (t) => {
  const { socket, start } = await home(t);
  const first = start();
  const { pid } = await reachable(socket);
  const { code, stderr } = await ended(start());
  assert.equal(code, 0);
  assert.match(stderr, /another proxy of .* lives/);
  assert.equal((await state(socket)).pid, pid);
  first.kill('SIGKILL');
  await ended(first);
  start();
  assert.notEqual((await reachable(socket)).pid, pid);
});

test('SIGTERM lets what is in flight finish, takes nothing new, and ends with 0', async (t) => {
  const { socket, start, gateway, listeners } = await home(t);
  const child = start();
  await reachable(socket);
  const pending: (() => void)[] = [];
  const instance = await httpInstance(t, (_, response) => pending.push(() => response.end('finished')));
  await control(socket, 'PUT', '/table', tableOf({ endpoints: [endpointAt(instance.port)], listeners }));
  const idle = connect(gateway, '127.0.0.1');
  const idleEnded = new Promise((resolve) => idle.on('end', resolve));
  const response = send(gateway, 'GET /orders HTTP/1.1\r\nHost: h\r\n\r\n');
  await until(() => pending.length === 1);
  const end = ended(child);
  child.kill('SIGTERM');
  await idleEnded;
  idle.destroy();
  await assert.rejects(send(gateway, GET), /ECONNREFUSED/);
  pending[0]?.();
  assert.match(await response, /Connection: close\r\n[\s\S]*finished$/);
  assert.equal((await end).code, 0);
  start();
  assert.equal((await reachable(socket)).lastDeath, undefined);
});

test('a wrong call says how to call', async () => {
  const child = spawn(process.execPath, [MAIN, '--sokcet', 'x'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const { code, stderr } = await ended(child);
  assert.equal(code, 2);
  assert.match(stderr, /usage: .*--state DIR --socket PATH --table PATH/);
});

test('the control socket and the table are for their user only', async (t) => {
  const { socket, start, table, listeners } = await home(t);
  start();
  await reachable(socket);
  await control(socket, 'PUT', '/table', tableOf({ endpoints: [], listeners }));
  for (const path of [socket, table, `${table}.inflight`]) assert.equal((await stat(path)).mode & 0o077, 0, path);
});

test('tables pushed under load drop no request', async (t) => {
  const { socket, start, gateway, listeners } = await home(t);
  start();
  await reachable(socket);
  const answer = () => httpInstance(t, (_, response) => response.end('ok'));
  const endpoints = [
    endpointAt((await answer()).port),
    endpointAt((await answer()).port),
    endpointAt((await answer()).port),
  ];
  const extra = { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port: await freePort() } as const;
  let version = 0;
  const push = () => {
    version++;
    const some = endpoints.filter((_, index) => index !== version % 3);
    const open = version % 2 === 0 ? listeners : [...listeners, extra];
    return control(socket, 'PUT', '/table', tableOf({ version, endpoints: some, listeners: open }));
  };
  await push();
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  t.after(() => agent.destroy());
  const statuses = new Set<number>();
  let left = 2_000;
  const lane = async () => {
    while (left-- > 0) statuses.add(await statusOf(gateway, agent));
  };
  const pushes = (async () => {
    while (left > 0) assert.equal((await push()).status, 200);
  })();
  await Promise.all([...Array.from({ length: 8 }, lane), pushes]);
  assert.deepEqual(statuses, new Set([200]));
  assert.ok(version > 5);
});

function statusOf(port: number, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, agent, path: '/orders', method: 'POST' }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
