import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { SystemStatus } from '@islet/client';
import { probe } from '@islet/client/remote';
import { freePort } from '../../../scripts/test/free-port.ts';
import { type CliResult, islet } from './cli.ts';
import { type Fixture, SECRET, writeFixture } from './fixture.ts';
import { listProcesses, systemGroups } from './processes.ts';
import { until } from './until.ts';

/** How often a command is said again when the control plane is killed under it. */
const TRIES = 5;
/** The parent of temporary systems: services' users must be able to reach it. */
const HOME = process.env.ISLET_TEST_FOLDER ?? '/var/tmp';

export type Program = 'control-plane' | 'proxy' | 'keeper';

/** A system of one's own, to be broken. Its folder and all its processes are gone after `dispose`. */
export class BrokenSystem implements AsyncDisposable {
  readonly folder: string;
  readonly state: string;
  readonly fixture: Fixture;
  readonly #failpoint: string;

  private constructor(folder: string, { port, engine }: Pick<Fixture, 'port' | 'engine'>) {
    this.folder = folder;
    this.state = join(folder, '.islet');
    this.fixture = { folder, port, engine };
    this.#failpoint = join(folder, 'failpoint');
  }

  static async make({
    engine = 'sqlite',
    write = writeFixture,
  }: {
    readonly engine?: Fixture['engine'];
    readonly write?: (fixture: Fixture) => void;
  } = {}): Promise<BrokenSystem> {
    const system = new BrokenSystem(mkdtempSync(join(HOME, 'islet-faults-')), { port: await freePort(), engine });
    // A temporary folder is closed to the users that services run as.
    chmodSync(system.folder, 0o755);
    write(system.fixture);
    return system;
  }

  cli(verb: string, ...words: readonly string[]): Promise<CliResult> {
    return this.#cli([verb, ...words]);
  }

  /** A command that may lose its control plane half-way: it is said again until it succeeds. */
  async insist(words: readonly string[], input?: string): Promise<CliResult> {
    let result = await this.#cli(words, input);
    for (let tries = 1; result.code !== 0 && tries < TRIES; tries++) result = await this.#cli(words, input);
    const said = `islet ${words.join(' ')} exits with ${result.code}\n${result.stdout}${result.stderr}${this.#running()}${this.log()}`;
    assert.equal(result.code, 0, said);
    return result;
  }

  up(): Promise<CliResult> {
    return this.insist(['up', '--timeout', '90s']);
  }

  setSecret(value: string): Promise<CliResult> {
    return this.insist(['secret', 'set', SECRET], value);
  }

  rewrite(file: string, change: (text: string) => string): void {
    const path = join(this.folder, file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }

  /** Whoever comes to that instant next is killed, once. */
  arm(failpoint: string): void {
    writeFileSync(this.#failpoint, failpoint);
  }

  /** Whether it was reached; nobody is killed any more. */
  disarm(): boolean {
    const armed = existsSync(this.#failpoint);
    rmSync(this.#failpoint, { force: true });
    return !armed;
  }

  /** What the living control plane says, as soon as one says anything. */
  status(): Promise<SystemStatus> {
    return until('the control plane answers', async () => {
      const connection = await probe(this.state).catch(() => undefined);
      return connection?.client.status().catch(() => undefined);
    });
  }

  settled(): Promise<SystemStatus> {
    return until('the system settles', async () => {
      const status = await this.status();
      return status.settled ? status : undefined;
    });
  }

  /** The one process of Islet's own that is this program of this system. */
  pids(program: Program): readonly number[] {
    const main = {
      'control-plane': 'control-plane/src/main.ts',
      proxy: 'proxy/src/main.ts',
      keeper: 'keeper/src/main.ts',
    };
    return listProcesses()
      .filter(({ argv }) => argv.some((word) => word.endsWith(main[program])) && argv.includes(this.state))
      .map(({ pid }) => pid);
  }

  async pid(program: Program): Promise<number> {
    return until(`${program} runs`, () => this.pids(program)[0]);
  }

  async kill(program: Program): Promise<number> {
    const pid = await this.pid(program);
    end(pid);
    return pid;
  }

  get id(): string {
    return this.sql("SELECT value FROM meta WHERE key = 'id'")[0] ?? '';
  }

  /** What services run from. */
  get runtime(): string {
    return this.sql("SELECT value FROM meta WHERE key = 'runtime'")[0] ?? '';
  }

  /** Reads the control plane's database; values of the first column. */
  sql(text: string): readonly string[] {
    const database = new DatabaseSync(join(this.state, 'control.db'), { readOnly: true, timeout: 5_000 });
    try {
      return database
        .prepare(text)
        .all()
        .map((row) => String(Object.values(row)[0]));
    } finally {
      database.close();
    }
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.fixture.port}${path}`;
  }

  /** The last lines of Islet's own logs, for a failure's message. */
  log(): string {
    const logs = join(this.state, 'logs');
    if (!existsSync(logs)) return '';
    return readdirSync(logs)
      .filter((name) => name.endsWith('.log'))
      .map((name) => `\n--- ${name}\n${readFileSync(join(logs, name), 'utf8').split('\n').slice(-25).join('\n')}`)
      .join('');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disarm();
    const id = existsSync(join(this.state, 'control.db')) ? this.id : undefined;
    const result = await this.#cli(['down', '--purge', '--yes', '--timeout', '60s']);
    if (id !== undefined) this.#endAll(id);
    rmSync(this.folder, { recursive: true, force: true });
    assert.equal(result.code, 0, `down --purge exits with ${result.code}\n${result.stdout}${result.stderr}`);
  }

  /** Whatever a defect has left. */
  #endAll(id: string): void {
    for (const program of ['keeper', 'control-plane', 'proxy'] as const) for (const pid of this.pids(program)) end(pid);
    for (const { pid, slot } of listProcesses()) if (slot?.startsWith(`${id}/`)) end(pid);
    assert.deepEqual(systemGroups(id), [], 'no cgroup is left');
  }

  #running(): string {
    const programs = (['control-plane', 'proxy', 'keeper'] as const).map((it) => `${it} ${this.pids(it).join(' ')}`);
    return `at ${Date.now()} these ran: ${programs.join(', ')}\n`;
  }

  #cli(words: readonly string[], input = ''): Promise<CliResult> {
    return islet(words, { cwd: this.folder, env: { ISLET_FAILPOINT_FILE: this.#failpoint }, input });
  }
}

export function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
