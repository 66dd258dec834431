import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { DriverError, type LogChunk, type LogRange } from '@islet/driver';
import { writeWhole } from '@islet/driver/write-whole';
import type { UnixUser } from '@islet/supervise';
import { lsnOf, lsnText, segmentName, segmentStart } from './lsn.ts';

export interface SegmentsRequest {
  readonly log: AsyncIterable<LogChunk>;
  /** What the base backup needs. */
  readonly needs: LogRange;
  readonly timeline: number;
  readonly segmentBytes: number;
  /** `pg_wal` of a cluster that nobody but Islet's own user enters. */
  readonly into: string;
  readonly user: UnixUser | undefined;
}

/** Lays the log out in the server's own files. Throws `damaged` where it has a gap, or doesn't reach as far as it must. */
export async function writeSegments(request: SegmentsRequest): Promise<void> {
  const { log, needs, segmentBytes } = request;
  let file: { readonly start: bigint; readonly handle: FileHandle } | undefined;
  let at = lsnOf(needs.from);
  const fileAt = async (lsn: bigint) => {
    const start = segmentStart(lsn, segmentBytes);
    if (file?.start === start) return file.handle;
    await file?.handle.close();
    file = { start, handle: await create(start, request) };
    return file.handle;
  };
  try {
    for await (const chunk of log) {
      const [from, to] = [lsnOf(chunk.from), lsnOf(chunk.to)];
      if (from > at || to - from !== BigInt(chunk.bytes.length)) throw gap(at, from);
      for (let lsn = at; lsn < to; lsn = at) {
        const handle = await fileAt(lsn);
        const next = segmentStart(lsn, segmentBytes) + BigInt(segmentBytes);
        const end = next < to ? next : to;
        const part = chunk.bytes.subarray(Number(lsn - from), Number(end - from));
        await writeWhole(handle, part, Number(lsn % BigInt(segmentBytes)));
        at = end;
      }
    }
  } finally {
    await file?.handle.close();
  }
  if (at < lsnOf(needs.to)) throw gap(at, lsnOf(needs.to));
}

/** Of its whole length at once: what was not written yet reads as zeros, which is how a log ends. */
async function create(start: bigint, { timeline, segmentBytes, into, user }: SegmentsRequest): Promise<FileHandle> {
  const handle = await open(join(into, segmentName({ timeline, start, segmentBytes })), 'wx', 0o600);
  try {
    await handle.truncate(segmentBytes);
    if (user) await handle.chown(user.uid, user.gid);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function gap(from: bigint, to: bigint): DriverError {
  return new DriverError('damaged', `the log from ${lsnText(from)} to ${lsnText(to)} is missing`, {
    hint: 'restore an earlier moment, or another copy',
  });
}
