import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./load-main.ts', import.meta.url));

/** What became of all requests. Instants are milliseconds since the epoch, at which requests were sent. */
export interface Told {
  readonly sent: number;
  readonly failed: number;
  readonly reset: number;
  readonly statuses: Readonly<Record<string, number>>;
  /** By the first word of the answer. */
  readonly versions: Readonly<Record<string, Seen>>;
  /** Of the answers, from sending to the last byte. */
  readonly p99Ms: number;
}

export interface Seen {
  readonly answers: number;
  readonly failures: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

/** Requests from a process of their own; disposing of it ends it. */
export interface Load extends Disposable {
  sent(): number;
  stop(): Promise<Told>;
}

export function startLoad(url: string, pace: { readonly connections: number; readonly perSecond: number }): Load {
  const args = [PROGRAM, url, String(pace.connections), String(pace.perSecond)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  let rest = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    last = lines.at(-1) ?? last;
  });
  return {
    sent: () => Number(last) || 0,
    stop: async () => {
      child.stdin.end();
      if (child.exitCode === null) await once(child, 'close');
      return JSON.parse(last) as Told;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
