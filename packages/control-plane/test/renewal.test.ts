import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { Agent, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { CertificateFiles, RoutingTable } from '@islet/policy';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { freePort } from '../../../scripts/test/free-port.ts';
import type { Clock } from '../src/clock.ts';
import { authorityFile } from '../src/development/authority.ts';
import { keepCertified } from '../src/development/gateway.ts';
import { launchSpec } from './support.ts';

/*
 * What renews a gateway's certificate and what serves with it are two processes, which know of each other's work by the files
 * alone. Here both are at it while clients call: over connections that stay open, and over a new one for each request.
 */

const DAY_MS = 24 * 3_600_000;
const KEPT = 8;
/** No measure of speed: what has not come by then will not come. */
const DEADLINE_MS = 60_000;

async function startService(t: TestContext): Promise<number> {
  const server = createServer((_, response) => response.end('well')).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A proxy of its own process, whose gateway serves with these files. */
async function startProxy(t: TestContext, folder: string, files: CertificateFiles): Promise<number> {
  const [port, instance] = [await freePort(), await startService(t)];
  const socket = join(folder, 'proxy.sock');
  const main = fileURLToPath(import.meta.resolve('@islet/proxy/main'));
  const argv = [main, '--state', folder, '--socket', socket, '--table', join(folder, 'table')];
  const child = spawn(process.execPath, argv, { stdio: 'ignore' });
  t.after(async () => {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  });
  const endpoint = { instance: 'web-a.0-1', revision: 'a', host: '127.0.0.1', port: instance };
  const table: RoutingTable = {
    version: 1,
    routes: 'r',
    listeners: [
      {
        kind: 'gateway',
        host: '127.0.0.1',
        port,
        routes: [{ host: undefined, path: '/', strip: false, service: 'web' }],
        secure: { certificates: [files], port, redirect: true },
      },
    ],
    services: {
      web: {
        protocol: 'http',
        traffic: { ...DEFAULT_TRAFFIC, overrides: [] },
        endpoints: [endpoint],
        split: undefined,
        unavailable: undefined,
      },
    },
  };
  while (!(await publish(socket, table))) await pause(20);
  return port;
}

function publish(socketPath: string, table: RoutingTable): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const call = httpRequest({ socketPath, path: '/table', method: 'PUT' }, (response) => {
      const { statusCode } = response.resume();
      if (statusCode === 200) resolve(true);
      else reject(new Error(`the proxy answered the table with ${statusCode}`));
    });
    // It is not up yet.
    call.once('error', () => resolve(false));
    call.end(JSON.stringify(table));
  });
}

interface Answer {
  /** Of the certificate that the connection came with. */
  readonly serial: string;
  readonly reused: boolean;
}

/** Asks as a client that trusts the authority and nobody else. */
function ask(port: number, { ca, agent }: { readonly ca: string; readonly agent: Agent }): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, servername: 'localhost', ca, agent }, (response) => {
      const { serialNumber = '' } = (response.socket as TLSSocket).getPeerCertificate();
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve({ serial: serialNumber, reused: call.reusedSocket });
        else reject(new Error(`${response.statusCode}`));
      });
    });
    call.once('error', reject).end();
  });
}

/** A control plane that looks after the certificate, on a clock of the test's. */
function certifier(t: TestContext, files: CertificateFiles, folder: string) {
  const spec = launchSpec('web');
  const tls = { certificates: [files], development: { isInherited: false }, redirect: true, httpPort: undefined };
  const service = { spec, revision: 'a', restarts: 0, instances: 1, scaledFrom: undefined };
  const applied = {
    system: 'shop',
    environment: undefined,
    mode: 'revisions' as const,
    path: '',
    gone: [],
    goingDown: false,
    gateway: { host: '127.0.0.1', port: 8443, workers: 1, tls },
    services: [{ ...service, after: [], blocked: [], since: 0 }],
  };
  // So long ago that a renewal of now is good already.
  let now = Date.now() - 62 * DAY_MS;
  let look: (() => void) | undefined;
  const clock: Clock = {
    now: () => now,
    dice: () => 0,
    after: (_, act) => {
      look = act;
      return { [Symbol.dispose]: () => undefined };
    },
  };
  const log = { error: (told: unknown) => assert.fail(JSON.stringify(told)) };
  const kept = keepCertified({ applied: () => applied, clock, log, folder });
  t.after(() => kept[Symbol.dispose]());
  return {
    /** It has looked so long after it was last asked to. */
    async looked(afterMs: number): Promise<void> {
      while (look === undefined) await pause(5);
      now += afterMs;
      const act = look;
      look = undefined;
      act();
      while (look === undefined) await pause(5);
    },
  };
}

test('a development certificate is renewed under load, and no connection is dropped, new or open', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'islet-renewal-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = { cert: join(folder, 'tls', 'development.pem'), key: join(folder, 'tls', 'development.key') };
  const own = join(folder, 'authority');
  const { looked } = certifier(t, files, own);
  await looked(0);
  assert.ok(existsSync(files.cert));
  const ca = readFileSync(authorityFile(own), 'utf8');
  const port = await startProxy(t, folder, files);

  const kept = new Agent({ keepAlive: true, maxSockets: KEPT, maxCachedSessions: 0 });
  const anew = new Agent({ keepAlive: false, maxCachedSessions: 0 });
  t.after(() => [kept, anew].forEach((agent) => void agent.destroy()));
  const failures: unknown[] = [];
  const serials = new Set<string>();
  let dropped = 0;
  let isOver = false;
  const each = async (agent: Agent, heed: (answer: Answer, nth: number) => void) => {
    for (let nth = 0; !isOver; nth++) {
      await ask(port, { ca, agent }).then(
        (answer) => heed(answer, nth),
        (error: unknown) => failures.push(error),
      );
    }
  };
  const load = [
    ...Array.from({ length: KEPT }, () =>
      each(kept, ({ reused }, nth) => {
        if (nth > 0 && !reused) dropped += 1;
      }),
    ),
    ...Array.from({ length: 2 }, () =>
      each(anew, ({ serial }) => {
        serials.add(serial);
      }),
    ),
  ];
  try {
    await until(() => serials.size === 1, failures);
    await looked(61 * DAY_MS);
    // The proxy finds out by itself, from the file.
    await until(() => serials.size === 2, failures);
  } finally {
    isOver = true;
    await Promise.all(load);
  }
  assert.deepEqual(failures, []);
  assert.equal(dropped, 0, 'open connections go on');
});

/** Waits until it holds, while nothing fails. */
async function until(holds: () => boolean, failures: readonly unknown[]): Promise<void> {
  for (const deadline = Date.now() + DEADLINE_MS; !holds(); await pause(5)) {
    assert.deepEqual(failures, []);
    assert.ok(Date.now() < deadline, 'the awaited condition never held');
  }
}
