import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createClient } from '@islet/client/remote';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { freePort } from '../../../scripts/test/free-port.ts';
import { type Orders, telemetryFiles } from '../src/orders.ts';
import { Identities, type Identity } from '../src/otlp/identity.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** A telemetry process, with the files that the control plane and the proxy would write. */
export interface Running {
  readonly client: ReturnType<typeof createClient>;
  readonly outputFolder: string;
  readonly pid: number;
  /** As an agent of that instance. */
  send(who: Identity, spans: readonly object[]): Promise<number>;
  kill(signal?: NodeJS.Signals): Promise<void>;
}

export interface Place {
  /** Where telemetry is kept. */
  readonly folder: string;
  /** All else. */
  readonly around: string;
  readonly ports: Orders['ports'];
}

export async function placeFor(folder: string, around: string, more: Partial<Orders> = {}): Promise<Place> {
  const ports = { http: await freePort(), grpc: await freePort() };
  const orders: Orders = {
    system: 'shop',
    services: [{ name: 'orders', policy: DEFAULT_TELEMETRY }],
    ports,
    paths: {
      processes: join(around, 'processes'),
      output: join(around, 'output'),
      accessLog: join(around, 'access'),
      proxySocket: join(around, 'proxy.sock'),
    },
    ...more,
  };
  for (const path of [folder, orders.paths.processes, join(orders.paths.output, 'orders')])
    mkdirSync(path, { recursive: true });
  writeFileSync(telemetryFiles.orders(folder), JSON.stringify(orders));
  return { folder, around, ports };
}

export async function start(t: TestContext, { folder, around, ports }: Place): Promise<Running> {
  const socketPath = join(around, 'telemetry.sock');
  const child = spawn(process.execPath, [MAIN, '--folder', folder, '--socket', socketPath], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    child.kill(signal);
    await ended;
  };
  t.after(() => kill());
  const client = createClient({ url: 'http://telemetry', token: '', socketPath, who: 'the telemetry process' });
  await until('it answers', async () => (await client.telemetryStatus()).pid === child.pid);
  const identities = Identities.at(telemetryFiles.key(folder));
  return {
    client,
    outputFolder: join(around, 'output', 'orders'),
    pid: child.pid ?? 0,
    kill,
    send: async (who, spans) => {
      const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
      const authorization = `Bearer ${identities.tokenOf(who)}`;
      const headers = { 'content-type': 'application/json', authorization };
      return (await fetch(`http://127.0.0.1:${ports.http}/v1/traces`, { method: 'POST', headers, body })).status;
    },
  };
}

export async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(60_000);
  let trouble: unknown;
  while (!deadline.aborted) {
    try {
      if (await ask()) return;
    } catch (error) {
      trouble = error;
    }
    await pause(50);
  }
  throw new Error(`waited in vain until ${what}`, { cause: trouble });
}
