import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { LoadReport } from './load-main.ts';

const INSTANCE = fileURLToPath(new URL('./instance-main.ts', import.meta.url));
const LOAD = fileURLToPath(new URL('./load-main.ts', import.meta.url));

export interface InstanceProcess {
  readonly host: string;
  readonly port: number;
  tell(mood: string): void;
  signal(signal: NodeJS.Signals): void;
  /** From now on its network swallows every packet, as a machine that lost its power. Only where it has one of its own. */
  vanish(): void;
}

export interface InstanceOptions {
  readonly network?: Network | undefined;
  readonly http2?: boolean;
}

export async function startInstance(
  t: TestContext,
  { network, http2 = false }: InstanceOptions = {},
): Promise<InstanceProcess> {
  const host = network?.address ?? '127.0.0.1';
  const argv = [...(network?.prefix ?? []), process.execPath, INSTANCE, host, ...(http2 ? ['http2'] : [])];
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => end(child));
  child.stdin.on('error', () => undefined);
  const [printed] = await once(child.stdout, 'data');
  const port = Number(String(printed));
  await reached(host, port);
  return {
    host,
    port,
    tell: (mood) => child.stdin.write(`${mood}\n`),
    signal: (signal) => child.kill(signal),
    vanish: () => network?.cut(),
  };
}

/** A network that was just made loses packets until the kernel has seen that its link is up, which may take a second. */
async function reached(host: string, port: number): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; ) {
    const socket = connect({ host, port });
    const signal = AbortSignal.timeout(500);
    const isThere = await once(socket, 'connect', { signal }).then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isThere) return;
    if (Date.now() > deadline) throw new Error(`${host}:${port} can't be reached`);
    await pause(20);
  }
}

/** Returns when the first request is answered; `report` when all are. */
export async function startLoad(
  t: TestContext,
  { rate, seconds, urls }: { readonly rate: number; readonly seconds: number; readonly urls: readonly string[] },
): Promise<{ readonly report: Promise<readonly LoadReport[]> }> {
  const child = spawn(process.execPath, [LOAD, String(rate), String(seconds), ...urls], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => end(child));
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const report = once(child, 'close').then(() => JSON.parse(printed) as readonly LoadReport[]);
  await once(child.stdout, 'data');
  return { report };
}

/** A network of its own for one process, beside this machine's: 198.18.0.0/15 is for such tests (RFC 2544). */
export interface Network {
  readonly address: string;
  readonly prefix: readonly string[];
  cut(): void;
}

let networks = 0;

/** Undefined where this process may not make one. */
export function ownNetwork(t: TestContext): Network | undefined {
  const nth = networks++;
  const id = `${process.pid}-${nth}`;
  // The kernel takes its time to forget the network before, and the way to it.
  const [here, there] = [`198.18.${nth % 256}.1`, `198.18.${nth % 256}.2`];
  const [name, outside, inside] = [`islet-${id}`, `i${id}o`, `i${id}i`];
  const ip = (...args: readonly string[]) => spawnSync('ip', args, { stdio: 'ignore' }).status === 0;
  if (!ip('netns', 'add', name)) return undefined;
  t.after(() => {
    ip('link', 'del', outside);
    ip('netns', 'del', name);
  });
  const made =
    ip('link', 'add', outside, 'type', 'veth', 'peer', 'name', inside, 'netns', name) &&
    ip('addr', 'add', `${here}/30`, 'dev', outside) &&
    ip('link', 'set', outside, 'up') &&
    ip('-n', name, 'addr', 'add', `${there}/30`, 'dev', inside) &&
    ip('-n', name, 'link', 'set', inside, 'up');
  if (!made) return undefined;
  return {
    address: there,
    prefix: ['ip', 'netns', 'exec', name],
    // The other end stays up: this side sends into the void and is told nothing.
    cut: () => void ip('-n', name, 'addr', 'flush', 'dev', inside),
  };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
