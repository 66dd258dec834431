import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DriverError } from '@islet/driver';

export interface Child {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Returns when it has ended well. */
  end(): Promise<void>;
  /** Ends it, however far it is. */
  kill(): Promise<void>;
}

/**
 * A program beside this file, in a process that has the rights of the files' owner and no others: whatever a service puts in the
 * way of its files, links to where it must not look among them, leads no further than the service itself could go.
 */
export function startChild(program: 'look-main' | 'write-main', signal: AbortSignal): Child {
  // JavaScript in a published package.
  const path = fileURLToPath(new URL(`./${program}${extname(import.meta.url)}`, import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', path], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  const complaint = text(child.stderr);
  ended.catch(() => {});
  complaint.catch(() => {});
  // Whoever died doesn't read; how it ended says why.
  child.stdin.on('error', () => {});
  return {
    process: child,
    end: async () => {
      const code = await ended;
      signal.throwIfAborted();
      if (code !== 0) throw died(await complaint, code);
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

function died(complaint: string, code: number | null): DriverError {
  const line = complaint.split('\n').findLast((one) => /Error/.test(one)) ?? `it ended with ${code}`;
  return new DriverError(/ENOSPC/.test(line) ? 'no-space' : 'unavailable', `the files can't be reached: ${line}`);
}
