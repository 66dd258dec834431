import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { freePort } from '../../../../scripts/test/free-port.ts';

const SOURCE = join(import.meta.dirname, 'go');
const run = promisify(execFile);

/** A program that was built into a folder of its own. */
export interface GoProgram {
  readonly path: string;
  remove(): Promise<void>;
}

/** Without cgo: that needs no C compiler, and is built sooner. */
export async function buildGo(what: '.' | 'github.com/summerwind/h2spec/cmd/h2spec'): Promise<GoProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'islet-peers-'));
  const path = join(folder, 'program');
  await run('go', ['build', '-o', path, what], { cwd: SOURCE, env: { ...process.env, CGO_ENABLED: '0' } });
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface GoServer {
  readonly port: number;
  /** What it has printed. */
  readonly printed: () => string;
}

/** A gRPC server that answers by this name. */
export async function goServer(t: TestContext, { path }: GoProgram, name: string): Promise<GoServer> {
  const port = await freePort();
  const child = spawn(path, ['server', `127.0.0.1:${port}`, name], { stdio: ['ignore', 'pipe', 'inherit'] });
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
export async function goClient({ path }: GoProgram, port: number, play: string): Promise<string> {
  const { stdout } = await run(path, ['client', `127.0.0.1:${port}`, play], { timeout: 40_000 });
  return stdout.trim();
}
