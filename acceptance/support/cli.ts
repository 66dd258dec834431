import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from './until.ts';

/** The command line, from source, as `./islet` starts it. */
const MAIN = fileURLToPath(new URL('../../packages/cli/src/main.ts', import.meta.url));
/** A command that takes longer hangs. */
const DEADLINE_MS = 180_000;

export interface Ended {
  /** 128 + signal's number is not made up: null where a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Surroundings {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** What to put before the command, to run it as another user. */
  readonly prefix: readonly string[];
}

/** Runs one command to its end. */
export async function runCli(words: readonly string[], around: Surroundings, input = ''): Promise<Ended> {
  const running = startCli(words, around);
  running.child.stdin?.end(input);
  return running.ended;
}

/** Disposing of it ends the process at once. */
export interface Running extends Disposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Until what it printed on both streams matches. */
  printed(pattern: RegExp): Promise<string>;
}

/** Starts a command that goes on, in the foreground. */
export function startCli(words: readonly string[], { cwd, env, prefix }: Surroundings): Running {
  const [program = process.execPath, ...args] = [...prefix, process.execPath, MAIN, ...words];
  const child = spawn(program, args, { cwd, env, stdio: 'pipe' });
  child.stdin.on('error', () => {});
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const deadline = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const ended = once(child, 'close').then(([code]): Ended => {
    clearTimeout(deadline);
    return { code, stdout, stderr };
  });
  const printed = (pattern: RegExp) =>
    until(`\`islet ${words.join(' ')}\` prints ${pattern}`, () => {
      if (pattern.test(stdout + stderr)) return stdout + stderr;
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${stdout}${stderr}`);
      return undefined;
    });
  return { child, ended, printed, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}
