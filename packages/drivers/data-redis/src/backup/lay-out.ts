import { type FileHandle, open } from 'node:fs/promises';
import { DriverError, type RestoreRequest, type RestoreTarget } from '@islet/driver';
import { writeWhole } from '@islet/driver/write-whole';
import { Commands } from './commands.ts';
import { readFrames } from './frames.ts';
import { placeOf } from './position.ts';

export interface LaidOut {
  /** False: the log ends before the instant asked for, or what was there then is not known, and it is as of before. */
  readonly isWhole: boolean;
}

/**
 * One file as the server keeps it for itself: a copy, and after it the commands that have changed it since. A server reads
 * it at its start, and takes it over into however many files its version has. It ends with a whole command, or a whole
 * transaction.
 */
export async function layOut(
  path: string,
  { facts, bytes, log, target }: Pick<RestoreRequest, 'facts' | 'bytes' | 'log' | 'target'>,
): Promise<LaidOut> {
  if (facts.needs === undefined) {
    throw new DriverError('damaged', 'a copy that does not say where its log goes on is none');
  }
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const part of bytes) await writeWhole(file, part);
    const isWhole = await writeLog(file, { log, target, from: placeOf(facts.needs.to).offset });
    await file.sync();
    return { isWhole };
  } finally {
    await file.close();
  }
}

/** The server says so to whoever follows it, and it changes nothing. */
const SAID: ReadonlySet<string> = new Set(['PING', 'REPLCONF']);

interface Rest {
  readonly log: RestoreRequest['log'];
  readonly target: RestoreTarget;
  readonly from: number;
}

async function writeLog(file: FileHandle, { log, target, from }: Rest): Promise<boolean> {
  const commands = new Commands();
  /** Of a transaction that has not ended. */
  let begun: Buffer[] | undefined;
  const parts = changes(log, { target, from });
  for (;;) {
    const { done, value: part } = await parts.next();
    if (done) return part;
    const whole: Buffer[] = [];
    for (const { name, bytes } of commands.push(part)) {
      if (SAID.has(name)) continue;
      if (name === 'MULTI') begun = [];
      (begun ?? whole).push(bytes);
      if (name !== 'EXEC' || begun === undefined) continue;
      whole.push(...begun);
      begun = undefined;
    }
    if (whole.length > 0) await writeWhole(file, Buffer.concat(whole));
  }
}

/**
 * The bytes of the stream from there on, in their order and each once, up to the instant. Throws where some are missing.
 * Returns whether all of then is there.
 */
async function* changes(
  log: RestoreRequest['log'],
  { target, from }: Omit<Rest, 'log'>,
): AsyncGenerator<Uint8Array, boolean> {
  const until = target.kind === 'time' ? target.at : Number.POSITIVE_INFINITY;
  let end = from;
  let knownAt = 0;
  for await (const chunk of log) {
    for (const { offset, at, isLate, bytes } of readFrames(chunk.bytes)) {
      if (offset + bytes.length <= end) continue;
      if (offset > end) throw gap(end);
      if (target.kind === 'copy') return true;
      // What comes later came later.
      if (at > until) return isLate !== true;
      yield bytes.subarray(end - offset);
      end = offset + bytes.length;
    }
    knownAt = Math.max(knownAt, chunk.at);
  }
  return target.kind !== 'time' || knownAt >= until;
}

function gap(offset: number): DriverError {
  return new DriverError('damaged', `the log is missing from byte ${offset} on`, {
    hint: 'restore an earlier moment, or another copy',
  });
}
