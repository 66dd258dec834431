import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answers, listens, type Patience, until } from './poll.ts';
import { isAlive, pidsNaming } from './proc.ts';
import { type Outcome, run } from './program.ts';
import type { Replica, ReplicaProcess } from './replica.ts';
import { READY_PATH } from './shop.ts';

const VERSION = '6.0.14';
const INSTALL_DEADLINE_MS = 120_000;
const COMMAND_DEADLINE_MS = 60_000;
/** Ready paths are asked this often: as often as finds it out soon, and is no load. */
const LOOK_MS = 20;

/**
 * The peer: the process manager of the Node world, which starts, restarts and stops the processes of one machine. It has
 * no proxy, no probes, no databases, no order of starting and no isolation, so what it is compared in is only that.
 */
export class Pm2 implements AsyncDisposable {
  readonly name = `pm2 ${VERSION}`;
  readonly folder: string;
  #databases: Database[] = [];

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async install(signal: AbortSignal): Promise<Pm2> {
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-pm2-'));
    const pm2 = new Pm2(folder);
    try {
      await chmod(folder, 0o755);
      const flags = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
      const argv = ['npm', 'install', '--prefix', folder, ...flags, `pm2@${VERSION}`];
      await run({ argv, cwd: folder, env: process.env, deadlineMs: INSTALL_DEADLINE_MS, signal });
      return pm2;
    } catch (error) {
      await pm2[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The databases first, started beside it as Islet starts them; then all services at once, until each is ready. */
  async start({ services, databases }: Replica, signal: AbortSignal): Promise<void> {
    const patience: Patience = { everyMs: LOOK_MS, signal };
    this.#databases = databases.map(startDatabase);
    await Promise.all(databases.map(({ port }) => until(`port ${port}`, () => listens(port), patience)));
    const file = join(this.folder, 'shop.config.json');
    await writeFile(file, JSON.stringify({ apps: services.map(appOf) }), { mode: 0o600 });
    await this.#command(['start', file], signal);
    await Promise.all(
      services.map(({ name, port }) => until(name, () => answers({ port, path: READY_PATH }), patience)),
    );
  }

  /** Everything ends: the services, in order; pm2's daemon; the databases. */
  async stop(): Promise<void> {
    await this.#command(['kill']);
    await Promise.all(this.#databases.map(stopDatabase));
    this.#databases = [];
  }

  /** Any command of its own. */
  async command(args: readonly string[], signal?: AbortSignal): Promise<void> {
    await this.#command(args, signal);
  }

  async daemonPid(): Promise<number> {
    return Number(await readFile(join(this.folder, 'home', 'pm2.pid'), 'utf8'));
  }

  /** By the names of the replica's processes. */
  async pids(): Promise<ReadonlyMap<string, number>> {
    const { stdout } = await this.#command(['jlist']);
    const list: { name: string; pid: number }[] = JSON.parse(stdout.slice(stdout.indexOf('[{')));
    return new Map(list.map(({ name, pid }) => [name, pid]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      if (pidsNaming(join(this.folder, 'home')).length > 0) await this.stop();
    } finally {
      for (const { pid } of this.#databases) if (isAlive(pid)) process.kill(pid, 'SIGQUIT');
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  #command(args: readonly string[], signal?: AbortSignal): Promise<Outcome> {
    const argv = [process.execPath, join(this.folder, 'node_modules', 'pm2', 'bin', 'pm2'), ...args];
    // Its default, SIGINT, would end the shop's Node services at once, with what they are answering.
    const env = { ...process.env, PM2_HOME: join(this.folder, 'home'), PM2_KILL_SIGNAL: 'SIGTERM' };
    return run({ argv, cwd: this.folder, env, deadlineMs: COMMAND_DEADLINE_MS, ...(signal && { signal }) });
  }
}

/** The command as it ran below Islet, as the same user. */
function appOf({ name, program, args, cwd, env, gid }: ReplicaProcess): object {
  const user = process.getuid?.() === 0 ? { uid: env.USER, gid } : {};
  return { name, script: program, args, cwd, env, interpreter: 'none', kill_timeout: 10_000, ...user };
}

interface Database {
  readonly pid: number;
  readonly ended: Promise<unknown>;
}

function startDatabase({ program, args, cwd, env, uid, gid }: ReplicaProcess): Database {
  const user = process.getuid?.() === 0 ? { uid, gid } : {};
  const child = spawn(program, args, { cwd, env, ...user, detached: true, stdio: 'ignore' });
  return { pid: child.pid ?? 0, ended: once(child, 'exit') };
}

/** A fast shutdown, as Islet asks for it. */
async function stopDatabase({ pid, ended }: Database): Promise<void> {
  process.kill(pid, 'SIGINT');
  await ended;
}
