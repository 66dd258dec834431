import { execFileSync, spawn } from 'node:child_process';
import { chownSync } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { endChild } from '../support/child.ts';
import { treeCpuMs } from '../support/proc.ts';
import { freePort } from '../support/shop.ts';

/** The version of which the peers have their programs. */
export const DEBIAN = '/usr/lib/postgresql/15/bin';
/** What Islet's reader logs in as. */
const SUPERUSER = 'islet';
const PASSWORD = 'of-a-benchmark';
const READY_MS = 120_000;
/** Fails in a server that still recovers, and lets others only read. */
const WRITES = 'SELECT 1 / (NOT pg_is_in_recovery())::int';

/** Who the servers and their tools run as, since PostgreSQL refuses root; undefined: who runs the benchmark. */
export type Identity = { readonly name: string; readonly uid: number; readonly gid: number } | undefined;

export function serverIdentity(): Identity {
  if (process.getuid?.() !== 0) return undefined;
  const name = 'nobody';
  const idOf = (flag: string) => Number(execFileSync('id', [flag, name], { encoding: 'utf8' }));
  return { name, uid: idOf('-u'), gid: idOf('-g') };
}

/** A PostgreSQL server of given programs, with their own defaults but for what every way to archive needs. */
export class Cluster implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  readonly bin: string;
  readonly version: string;
  readonly identity: Identity;
  #server: ReturnType<typeof spawn>;

  private constructor(made: Pick<Cluster, 'folder' | 'port' | 'bin' | 'version' | 'identity'>) {
    this.folder = made.folder;
    this.port = made.port;
    this.bin = made.bin;
    this.version = made.version;
    this.identity = made.identity;
    this.#server = this.#spawn();
  }

  static async start(bin: string): Promise<Cluster> {
    const identity = serverIdentity();
    const folder = await mkdtemp(join(tmpdir(), 'islet-bench-pg-'));
    await chmod(folder, 0o755);
    giveTo(folder, identity);
    await writeFile(join(folder, 'password'), PASSWORD, { mode: 0o644 });
    const initdb = ['-D', join(folder, 'data'), '-U', SUPERUSER, '--pwfile', join(folder, 'password'), '-k'];
    const auth = ['--auth-local=trust', '--auth-host=scram-sha-256', '--encoding=UTF8', '--locale=C'];
    execFileSync(join(bin, 'initdb'), [...initdb, ...auth], { ...identity, cwd: folder, stdio: 'ignore' });
    // Not among the arguments, which nobody could override. A command that does nothing is as good as none.
    await appendFile(join(folder, 'data', 'postgresql.conf'), "archive_command = '/bin/true'\n");
    const said = execFileSync(join(bin, 'postgres'), ['--version'], { encoding: 'utf8' });
    const version = /[\d.]+/.exec(said)?.[0] ?? '';
    const cluster = new Cluster({ folder, port: await freePort(), bin, version, identity });
    await cluster.#untilReady();
    return cluster;
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  get url(): string {
    const { host, port, user, password, database } = this.login;
    return `postgres://${user}:${password}@${host}:${port}/${database}`;
  }

  get login() {
    return { host: '127.0.0.1', port: this.port, user: SUPERUSER, password: PASSWORD, database: 'postgres' };
  }

  /** Of the server and of all that it started. */
  get cpuMs(): number {
    return treeCpuMs(this.#server.pid ?? 0);
  }

  async query(text: string): Promise<void> {
    const client = new Client(this.login);
    client.on('error', () => {});
    await client.connect();
    try {
      await client.query(text);
    } finally {
      await client.end();
    }
  }

  /** A folder of the server's user, beside its data. */
  async makeFolder(name: string): Promise<string> {
    const path = join(this.folder, name);
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
    giveTo(path, this.identity);
    return path;
  }

  /** In order: all of its log is archived. */
  async stop(): Promise<void> {
    await endChild(this.#server, 'SIGINT');
  }

  /** On whatever its folder holds by now. */
  async again(): Promise<void> {
    this.#server = this.#spawn();
    await this.#untilReady();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endChild(this.#server, 'SIGQUIT');
    await rm(this.folder, { recursive: true, force: true });
  }

  #spawn(): ReturnType<typeof spawn> {
    const settings = {
      port: this.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: this.folder,
      max_wal_size: '4GB',
      checkpoint_timeout: '30min',
      // Changing the mode takes a restart.
      archive_mode: 'on',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return spawn(join(this.bin, 'postgres'), ['-D', this.data, ...args], {
      ...this.identity,
      cwd: this.folder,
      stdio: 'ignore',
    });
  }

  async #untilReady(): Promise<void> {
    for (const since = performance.now(); ; ) {
      const error = await this.query(WRITES).catch((cause: unknown) => cause);
      if (error === undefined) return;
      if (performance.now() - since > READY_MS || this.#server.exitCode !== null) {
        await this[Symbol.asyncDispose]();
        throw new Error(`PostgreSQL in ${this.bin} did not start`, { cause: error });
      }
    }
  }
}

function giveTo(path: string, identity: Identity): void {
  if (identity !== undefined) chownSync(path, identity.uid, identity.gid);
}
