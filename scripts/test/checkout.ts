import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const FRONT_DOOR = new URL('../../islet', import.meta.url);
/** What the front door may use of the system; anything else that it calls is not found. */
const TOOLS = ['sh', 'cmp', 'cp', 'ln', 'mkdir', 'mv', 'readlink', 'rm', 'sleep', 'uname'];

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The front door in a folder of its own, with a PATH on which `node` and `npm` are stand-ins that note their calls. */
export class Checkout implements Disposable {
  readonly base = mkdtempSync(join(tmpdir(), 'front door '));
  readonly root = join(this.base, 'check out');
  readonly #bin = join(this.base, 'bin');

  constructor() {
    mkdirSync(this.#bin);
    for (const tool of TOOLS) symlinkSync(whereIs(tool), join(this.#bin, tool));
    mkdirSync(join(this.root, 'packages/cli/src'), { recursive: true });
    writeFileSync(join(this.root, 'packages/cli/src/main.ts'), '');
    cpSync(FRONT_DOOR, join(this.root, 'islet'));
    this.lock('one');
    chmodSync(this.base, 0o755);
  }

  /** Changes what package-lock.json says. */
  lock(text: string): void {
    writeFileSync(join(this.root, 'package-lock.json'), text);
  }

  /** Puts a Node of that version on PATH; it prints its version and what it is asked to run. */
  node(version: string): void {
    script(join(this.#bin, 'node'), nodeStandIn(version));
  }

  /** Puts an npm on PATH that notes its calls, and two calls at once; `broken`: without a network. */
  npm({ broken = false } = {}): void {
    const log = join(this.base, 'npm.log');
    script(
      join(this.#bin, 'npm'),
      `echo "$*" >>'${log}'
      ${broken ? "echo 'npm error network' >&2; exit 1" : ''}
      mkdir '${this.base}/npm runs' || echo 'two at once' >>'${log}'
      sleep 0.1
      case $1 in
        ci) rm -rf node_modules; mkdir node_modules; echo >node_modules/.package-lock.json ;;
        install)
          for last; do :; done
          mkdir -p "$3/node_modules/\${last%@*}/bin"
          cp '${this.base}/runtime-node' "$3/node_modules/\${last%@*}/bin/node" ;;
      esac
      rm -r '${this.base}/npm runs'`,
    );
    script(join(this.base, 'runtime-node'), nodeStandIn('24.99.0'));
  }

  npmCalls(): string[] {
    try {
      return readFileSync(join(this.base, 'npm.log'), 'utf8').trim().split('\n');
    } catch {
      return [];
    }
  }

  islet(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return finished(this.spawn(args, options));
  }

  spawn(args: readonly string[], { as, cwd, env, uid }: RunOptions = {}): ChildProcess {
    return spawn(as ?? join(this.root, 'islet'), args, {
      cwd: cwd ?? this.base,
      env: { PATH: this.#bin, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.base, { recursive: true, force: true });
  }
}

export interface RunOptions {
  /** Another path of the front door. */
  readonly as?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
}

export function finished(child: ChildProcess): Promise<Ran> {
  return new Promise((resolve, reject) => {
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (data) => (stdout += data));
    child.stderr?.on('data', (data) => (stderr += data));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

function nodeStandIn(version: string): string {
  return `[ "$1" = --version ] && echo v${version} || printf '%s\\n' "node ${version}" "$PWD" "$@"`;
}

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
}

function whereIs(tool: string): string {
  const folder = ['/bin', '/usr/bin'].find((folder) => {
    try {
      return readFileSync(join(folder, tool)).length > 0;
    } catch {
      return false;
    }
  });
  if (folder === undefined) throw new Error(`${tool} is neither in /bin nor in /usr/bin`);
  return join(folder, tool);
}
