import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SystemStatus } from '@islet/client';
import { pidsNaming } from './proc.ts';
import { type Outcome, type ProgramOptions, run } from './program.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLE = join(ROOT, 'examples', 'shop');
/** What every service of the shop answers when it is ready. */
export const READY_PATH = '/readyz';
/** A first `up` builds, and may have to fetch packages for that. */
const UP_DEADLINE_MS = 300_000;
const DOWN_DEADLINE_MS = 60_000;

export type CommandOptions = Pick<ProgramOptions, 'signal' | 'input' | 'orElse'>;

/** A copy of the example in a folder of its own, on a port of its own, and the command line that controls it. */
export class Shop implements AsyncDisposable {
  readonly folder: string;
  /** Its gateway. */
  readonly url: string;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Of the example, or of another system, whose islet.yaml names a port. */
  static async copy(source = EXAMPLE): Promise<Shop> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-'));
    // The services' own users have to reach what they run from.
    await chmod(folder, 0o755);
    await cp(source, folder, { recursive: true });
    const port = await freePort();
    const shop = new Shop(folder, port);
    await shop.edit('islet.yaml', (text) => text.replace(/port: \d+/, `port: ${port}`));
    return shop;
  }

  get state(): string {
    return join(this.folder, '.islet');
  }

  up(options: CommandOptions = {}): Promise<Outcome> {
    return this.islet(['up'], { ...options, deadlineMs: UP_DEADLINE_MS });
  }

  down(options: CommandOptions = {}): Promise<Outcome> {
    return this.islet(['down'], { ...options, deadlineMs: DOWN_DEADLINE_MS });
  }

  /** Back to the state of a folder in which nothing was ever started. */
  purge(options: CommandOptions = {}): Promise<Outcome> {
    return this.islet(['down', '--purge', '--yes'], { ...options, deadlineMs: DOWN_DEADLINE_MS });
  }

  async status(): Promise<SystemStatus> {
    const { stdout } = await this.islet(['status', '--json'], { deadlineMs: DOWN_DEADLINE_MS });
    return JSON.parse(stdout);
  }

  islet(args: readonly string[], options: CommandOptions & { readonly deadlineMs: number }): Promise<Outcome> {
    return run({ argv: [join(ROOT, 'islet'), ...args], cwd: this.folder, env: environment(), ...options });
  }

  /** The command line without the front door before it. */
  cli(args: readonly string[], options: CommandOptions & { readonly deadlineMs: number }): Promise<Outcome> {
    const cache = process.env.NODE_COMPILE_CACHE ?? join(ROOT, '.runtime', 'cache');
    const argv = [process.execPath, '--disable-warning=ExperimentalWarning', join(ROOT, 'packages/cli/src/main.ts')];
    const env = { ...environment(), NODE_COMPILE_CACHE: cache };
    return run({ argv: [...argv, ...args], cwd: this.folder, env, ...options });
  }

  async edit(path: string, change: (text: string) => string): Promise<void> {
    const file = join(this.folder, path);
    await writeFile(file, change(await readFile(file, 'utf8')));
  }

  /** What does not end when asked is killed: its arguments name a folder that is nobody else's. */
  async [Symbol.asyncDispose](): Promise<void> {
    try {
      await this.purge();
    } catch (error) {
      process.stderr.write(`the shop had to be killed: ${error instanceof Error ? error.message : error}\n`);
      for (const pid of pidsNaming(this.folder)) kill(pid);
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** The same Node for all, and the caller's environment otherwise. */
function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ISLET_NODE: process.execPath };
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
