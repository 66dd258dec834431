import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../world.ts';

const SOURCE = join(import.meta.dirname, 'go');
const run = promisify(execFile);

/** The programs of `go/`, built into a folder of their own. */
export interface GoPrograms {
  readonly peers: string;
  readonly h2spec: string;
  remove(): Promise<void>;
}

export async function buildGo(): Promise<GoPrograms> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-peers-'));
  const [peers, h2spec] = [join(folder, 'peers'), join(folder, 'h2spec')];
  await run('go', ['build', '-o', peers, '.'], { cwd: SOURCE });
  await run('go', ['build', '-o', h2spec, 'github.com/summerwind/h2spec/cmd/h2spec'], { cwd: SOURCE });
  return { peers, h2spec, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface GoServer {
  readonly port: number;
  /** What it has printed. */
  readonly printed: () => string;
}

/** A gRPC server that answers by this name. */
export async function goServer(t: TestContext, { peers }: GoPrograms, name: string): Promise<GoServer> {
  const port = await freePort();
  const child = spawn(peers, ['server', `127.0.0.1:${port}`, name], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (more: string) => {
    text += more;
  });
  while (!text.includes('listening')) await once(child.stdout, 'data');
  return { port, printed: () => text };
}

/** Plays one case; throws what the client missed. Returns what it printed. */
export async function goClient({ peers }: GoPrograms, port: number, play: string): Promise<string> {
  const { stdout } = await run(peers, ['client', `127.0.0.1:${port}`, play], { timeout: 40_000 });
  return stdout.trim();
}
