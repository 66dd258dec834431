import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DriverError } from './errors.ts';

export interface OwnersChild {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Returns when it has ended well. */
  end(): Promise<void>;
  /** Ends it, however far it is. */
  kill(): Promise<void>;
}

export interface OwnersProgram {
  readonly program: URL;
  /** What it is to be said of one that died: "the files can't be reached". */
  readonly trouble: string;
}

/**
 * One of our programs, in a process that has the rights of a service's user and no others once it has become that user
 * (`become.ts`): whatever a service puts in the way of its files, links to where it must not look among them, leads no
 * further than the service itself could go.
 */
export function startOwnersChild({ program, trouble }: OwnersProgram, signal: AbortSignal): OwnersChild {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', fileURLToPath(program)], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  const complaint = text(child.stderr);
  // Thrown to whoever waits for it.
  ended.catch(() => {});
  complaint.catch(() => {});
  // Whoever died doesn't read; how it ended says why.
  child.stdin.on('error', () => {});
  return {
    process: child,
    end: async () => {
      const code = await ended;
      signal.throwIfAborted();
      if (code === 0) return;
      const line = (await complaint).split('\n').findLast((one) => /Error/.test(one)) ?? `it ended with ${code}`;
      throw new DriverError(/ENOSPC/.test(line) ? 'no-space' : 'unavailable', `${trouble}: ${line}`);
    },
    kill: async () => {
      child.kill('SIGKILL');
      // What it said and nobody reads any more would keep it from ever being closed.
      child.stdout.destroy();
      await ended.catch(() => {});
    },
  };
}
