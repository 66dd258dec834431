import type { CallOptions, LogChunk } from '@islet/driver';
import type { Head } from './catalog.ts';
import { LIMITS } from './limits.ts';
import { type EraId, headName, logName } from './names.ts';
import type { Vault } from './vault.ts';

/**
 * Stores a log as it comes. When `write` returns the chunk is durable. How far the log goes is written down beside it, at
 * most once a second: without that, nobody could tell a log whose last pieces were deleted from one that ends there.
 */
export interface LogWriter {
  write(chunk: LogChunk, options: CallOptions): Promise<void>;
  /** Writes down how far it went: nothing may come for long. */
  rest(at: number, options: CallOptions): Promise<void>;
}

/** Compression is worth little here: what comes is small, and has to be on disk soon. */
const LEVEL = 1;

export function openLogWriter(vault: Vault, era: EraId): LogWriter {
  let head: Head | undefined;
  let noted: Head | undefined;
  const note = async (options: CallOptions) => {
    if (head === undefined || (noted?.to === head.to && noted.at === head.at)) return;
    await vault.put(headName(era), Buffer.from(JSON.stringify(head)), options);
    noted = head;
  };
  return {
    write: async (chunk, { signal }) => {
      const { from, to, at, bytes } = chunk;
      await vault.put(logName(era, { from, to, at }), bytes, { signal, level: LEVEL });
      head = { to, at };
      if (noted === undefined || at >= noted.at + LIMITS.headMs) await note({ signal });
    },
    rest: async (at, options) => {
      if (head !== undefined && noted?.to !== head.to) {
        head = { to: head.to, at };
        await note(options);
      }
    },
  };
}
