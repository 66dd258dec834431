import { DriverError } from '@islet/driver';
import { startOwnersChild } from '@islet/driver/owners-child';
import type { CopyRequest } from './copy-main.ts';

const PROGRAM = new URL('./copy-main.ts', import.meta.url);

export interface Copying {
  /** The moment that the copy is as of has passed. */
  readonly begun: Promise<void>;
  bytes(): AsyncGenerator<Uint8Array, void>;
}

/** The file as it is, by a process that has the file's owner's rights and no others. */
export function copyFile(request: CopyRequest, signal: AbortSignal): Copying {
  const trouble = "the SQLite file can't be copied";
  const child = startOwnersChild({ program: PROGRAM, trouble }, signal);
  /** Throws why it ended before its time. */
  const cutShort = async () => {
    await child.end();
    throw new DriverError('unavailable', `${trouble}: it ended too early`);
  };
  child.process.stdin.end(JSON.stringify(request));
  const parts = child.process.stdout[Symbol.asyncIterator]() as AsyncIterator<Buffer, void>;
  let head: Buffer = Buffer.alloc(0);
  let length = 0n;
  const begin = async () => {
    while (head.length < HEAD_BYTES) {
      const next = await parts.next();
      if (next.done) return cutShort();
      head = Buffer.concat([head, next.value]);
    }
    length = head.readBigUInt64BE();
    head = head.subarray(HEAD_BYTES);
  };
  const begun = begin();
  // Thrown to whoever waits for it.
  begun.catch(() => {});
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
        await child.end();
        if (sent !== length) await cutShort();
      } finally {
        await child.kill();
      }
    },
  };
}

const HEAD_BYTES = 8;
