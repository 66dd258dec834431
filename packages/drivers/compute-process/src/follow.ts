import type { Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from './limits.ts';

/**
 * Lines as they are written, from the log's end on, until the signal. Where a log was rotated, its beginning is `<log>.1`
 * now: what was not yet told of it is told from there, and the rest of the file begins where that one ends. Exact as long
 * as a log is rotated at most once between two looks, and has not grown to its old length by the second. A file that became shorter otherwise was begun anew.
 */
export async function* follow(log: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let place = await endOf(log);
  let rest = '';
  while (!signal.aborted) {
    const { text, next } = await readFrom(log, place);
    place = next;
    const lines = (rest + decoder.decode(text, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(-LIMITS.tailBytes);
    yield* lines;
    if (text.length === 0) await pause(LIMITS.followEveryMs, undefined, { signal }).catch(() => {});
  }
}

interface LogPlace {
  readonly at: number;
  /** Which file is `<log>.1`. */
  readonly older: number | undefined;
}

async function endOf(log: string): Promise<LogPlace> {
  return { at: (await look(log))?.size ?? 0, older: (await look(`${log}.1`))?.ino };
}

async function readFrom(log: string, { at, older }: LogPlace): Promise<{ text: Buffer; next: LogPlace }> {
  const size = (await look(log))?.size ?? 0;
  const rotated = await look(`${log}.1`);
  if (at > size && rotated !== undefined && rotated.ino !== older) {
    const text = await readPart(`${log}.1`, at, rotated.size);
    const told = at + text.length;
    if (told < rotated.size) return { text, next: { at: told, older } };
    return { text, next: { at: told - rotated.size, older: rotated.ino } };
  }
  const from = at > size ? 0 : at;
  const text = await readPart(log, from, size);
  return { text, next: { at: from + text.length, older: at > size ? rotated?.ino : older } };
}

function look(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

async function readPart(path: string, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  await using file: FileHandle = await open(path, 'r');
  const length = Math.min(to - from, LIMITS.tailBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}
