import { spawn } from 'node:child_process';

export interface ProgramOptions {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
  /** What it reads; by default nothing. */
  readonly input?: string;
  /** Codes of its exit that are no failure, beside 0. */
  readonly orElse?: readonly number[];
}

export interface Outcome {
  readonly stdout: string;
  readonly ms: number;
}

/** How much of what a program prints is kept. */
const MAX_KEPT = 4 * 1024 * 1024;

/** Runs a program to its end, and says how long it took; rejects, with what it printed, where it did not succeed. */
export function run({ argv, cwd, env, deadlineMs, signal, input = '', orElse = [] }: ProgramOptions): Promise<Outcome> {
  const [program = '', ...args] = argv;
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = signal === undefined ? deadline : AbortSignal.any([signal, deadline]);
  return new Promise((resolve, reject) => {
    const since = performance.now();
    // In a group of its own: a Ctrl-C must not end what cleans up after it.
    const child = spawn(program, args, { cwd, env, detached: true, stdio: 'pipe' });
    // One that ends before it has read this says why by its exit.
    child.stdin.on('error', () => {}).end(input);
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text) => {
        output[name] = (output[name] + text).slice(-MAX_KEPT);
      });
    }
    const end = () => child.kill('SIGTERM');
    stop.addEventListener('abort', end, { once: true });
    if (stop.aborted) end();
    child.once('error', reject);
    child.once('close', (code, killedBy) => {
      const ms = performance.now() - since;
      stop.removeEventListener('abort', end);
      if (code === 0 || orElse.includes(code ?? -1)) resolve({ stdout: output.stdout, ms });
      else reject(new Error(`${[program, ...args].join(' ')}: ${killedBy ?? `exit ${code}`}\n${output.stderr}`));
    });
  });
}
