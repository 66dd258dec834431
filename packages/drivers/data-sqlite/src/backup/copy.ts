import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { DriverError } from '@islet/driver';
import type { CopyRequest } from './copy-main.ts';

/** Beside this file, which is JavaScript in a published package. */
const PROGRAM = fileURLToPath(new URL(`./copy-main${extname(import.meta.url)}`, import.meta.url));

export interface Copying {
  /** The moment that the copy is as of has passed. */
  readonly begun: Promise<void>;
  bytes(): AsyncGenerator<Uint8Array, void>;
}

/** The file as it is, by a process that has the file's owner's rights and no others. */
export function copyFile(request: CopyRequest, signal: AbortSignal): Copying {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', PROGRAM], {
    cwd: '/',
    env: {},
    stdio: ['pipe', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGKILL',
  });
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject));
  const complaint = text(child.stderr);
  const failed = async () => {
    const code = await ended;
    signal.throwIfAborted();
    const line = (await complaint).split('\n').findLast((one) => /Error/.test(one));
    return new DriverError('unavailable', `the SQLite file can't be copied: ${line ?? `it ended with ${code}`}`);
  };
  child.stdin.on('error', () => {}).end(JSON.stringify(request));
  const parts = child.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer, void>;
  let head: Buffer = Buffer.alloc(0);
  let length = 0n;
  const begin = async () => {
    while (head.length < HEAD_BYTES) {
      const next = await parts.next();
      if (next.done) throw await failed();
      head = Buffer.concat([head, next.value]);
    }
    length = head.readBigUInt64BE();
    head = head.subarray(HEAD_BYTES);
  };
  const begun = begin();
  // Thrown to whoever waits for it.
  begun.catch(() => {});
  ended.catch(() => {});
  return {
    begun,
    bytes: async function* () {
      try {
        await begun;
        let sent = BigInt(head.length);
        if (head.length > 0) yield head;
        for (;;) {
          const next = await parts.next();
          if (next.done) break;
          sent += BigInt(next.value.length);
          yield next.value;
        }
        if (sent !== length || (await ended) !== 0) throw await failed();
      } finally {
        child.kill('SIGKILL');
        await ended.catch(() => {});
      }
    },
  };
}

const HEAD_BYTES = 8;
