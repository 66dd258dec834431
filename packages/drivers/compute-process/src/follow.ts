import { type FileHandle, open, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { LIMITS } from './limits.ts';

/**
 * Lines as they are written, from the log's end on, until the signal. A file that has become shorter was rotated: its
 * beginning is `<log>.1` now, so what was not yet told of it is told from there, and the rest of the file begins where that
 * one ends. Exact as long as a log is rotated at most once between two looks.
 */
export async function* follow(log: string, signal: AbortSignal): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let at: number | undefined;
  let rest = '';
  while (!signal.aborted) {
    const { text, next } = await readFrom(log, at);
    at = next;
    const lines = (rest + decoder.decode(text, { stream: true })).split('\n');
    rest = (lines.pop() ?? '').slice(-LIMITS.tailBytes);
    yield* lines;
    if (text.length === 0) await pause(LIMITS.followEveryMs, undefined, { signal }).catch(() => {});
  }
}

/** `at` undefined: only what comes. */
async function readFrom(log: string, at: number | undefined): Promise<{ text: Buffer; next: number }> {
  const size = (await stat(log).catch(() => undefined))?.size ?? 0;
  if (at === undefined) return { text: Buffer.alloc(0), next: size };
  if (at <= size) {
    const text = await readPart(log, at, size);
    return { text, next: at + text.length };
  }
  const moved = (await stat(`${log}.1`).catch(() => undefined))?.size ?? 0;
  const text = await readPart(`${log}.1`, at, moved);
  return { text, next: Math.min(size, Math.max(0, at + text.length - moved)) };
}

async function readPart(path: string, from: number, to: number): Promise<Buffer> {
  if (to <= from) return Buffer.alloc(0);
  await using file: FileHandle = await open(path, 'r');
  const length = Math.min(to - from, LIMITS.tailBytes);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}
