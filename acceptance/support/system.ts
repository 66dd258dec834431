import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServiceStatus, SystemStatus } from '@islet/client';
import { freePort } from '../../scripts/test/free-port.ts';
import { type Ended, type Running, runCli, type Surroundings, startCli } from './cli.ts';
import { idOf, processesOf } from './left-behind.ts';
import { type Answer, filesOf, type ServiceFixture } from './service.ts';

export interface SystemOptions {
  readonly name?: string;
  /** Tiny services by name. */
  readonly services?: Readonly<Record<string, ServiceFixture>>;
  /** A folder to copy instead, whose `islet.yaml` names port 8080. */
  readonly copyOf?: string;
  /** Write no files. */
  readonly empty?: true;
  /** Where to make the system's folder; default: a new folder of its own. */
  readonly folder?: string;
  /** Where the state is kept, given as `--state`; default: in the folder. */
  readonly state?: string;
  readonly path?: string;
  readonly prefix?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A system in a folder of its own, and the command line to run it with. Disposing of it purges it. */
export interface System extends AsyncDisposable {
  readonly folder: string;
  readonly state: string;
  readonly port: number;
  /** Its gateway. */
  readonly url: string;
  readonly around: Surroundings;
  /** `islet <words> <folder> [--state …]`. */
  islet(...words: readonly string[]): Promise<Ended>;
  isletWith(input: string, ...words: readonly string[]): Promise<Ended>;
  start(...words: readonly string[]): Running;
  /** `up`, which must end with this exit code. */
  up(code?: number): Promise<Ended>;
  status(): Promise<SystemStatus>;
  service(name: string): Promise<ServiceStatus>;
  /** Of the instances that run, sorted. */
  pids(service: string): Promise<readonly number[]>;
  write(path: string, text: string): void;
  read(path: string): string;
  /** Writes all files of a service. */
  add(name: string, fixture?: ServiceFixture): void;
  get(path: string): Promise<Response>;
  /** What a tiny service answers through the gateway. */
  ask(service: string): Promise<Answer>;
}

export async function makeSystem(options: SystemOptions = {}): Promise<System> {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'islet-accept-'));
  mkdirSync(folder, { recursive: true });
  // Services' own users pass through it.
  if (options.folder === undefined) chmodSync(folder, 0o755);
  const state = options.state ?? join(folder, '.islet');
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const path = options.path ?? process.env.PATH;
  const around = {
    cwd: folder,
    env: { ...env, NO_COLOR: '1', PATH: path, ...options.env },
    prefix: options.prefix ?? [],
  };
  const where = options.state === undefined ? [] : ['--state', options.state];
  // What follows `exec` is another's command line.
  const located = (words: readonly string[]) =>
    words[0] === 'exec' ? ['exec', ...where, ...words.slice(1)] : [...words, ...where];

  const write = (file: string, text: string) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');
  const add = (name: string, fixture: ServiceFixture = {}) => {
    for (const [file, text] of Object.entries(filesOf(name, fixture))) write(join('services', name, file), text);
  };
  const islet = (...words: readonly string[]) => runCli(located(words), around);
  const status = async () => {
    const { code, stdout, stderr } = await islet('status', '--json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as SystemStatus;
  };
  const service = async (name: string) => {
    const found = (await status()).services.find((one) => one.name === name);
    assert.ok(found, `there is no ${name} in the status`);
    return found;
  };
  const get = (target: string) => fetch(`${url}${target}`, { signal: AbortSignal.timeout(20_000) });

  if (options.copyOf !== undefined) cpSync(options.copyOf, folder, { recursive: true, filter: isSource });
  const copied =
    options.copyOf && readFileSync(join(folder, 'islet.yaml'), 'utf8').replace('port: 8080', `port: ${port}`);
  const systemFile = copied ?? `system: ${options.name ?? 'tiny'}\ngateway: { port: ${port} }\n`;
  if (options.empty !== true) write('islet.yaml', systemFile);
  for (const [name, fixture] of Object.entries(options.services ?? {})) add(name, fixture);

  return {
    folder,
    state,
    port,
    url,
    around,
    islet,
    status,
    service,
    write,
    read,
    add,
    get,
    isletWith: (input, ...words) => runCli(located(words), around, input),
    start: (...words) => startCli(located(words), around),
    up: async (code = 0) => {
      const ended = await islet('up', '--timeout', '170s');
      assert.equal(ended.code, code, `${ended.stdout}${ended.stderr}`);
      return ended;
    },
    pids: async (name) => (await service(name)).instanceList.flatMap(({ pid }) => pid ?? []).sort((a, b) => a - b),
    ask: async (name) => (await get(`/${name}/`)).json() as Promise<Answer>,
    [Symbol.asyncDispose]: async () => {
      const id = idOf(state);
      // `dev` keeps a state of its own, with users of its own.
      const dev = join(state, 'dev');
      if (existsSync(dev)) await runCli(['down', '--purge', '--yes', '--state', dev], around);
      const down = await islet('down', '--purge', '--yes');
      // What a defect left running must not outlive the test.
      for (const pid of processesOf(state, id)) end(pid);
      for (const path of [folder, state]) rmSync(path, { recursive: true, force: true });
      assert.equal(down.code, 0, down.stderr);
    },
  };
}

function isSource(path: string): boolean {
  return !/\/(node_modules|\.islet)$/.test(path);
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
