import { type FileHandle, open, stat } from 'node:fs/promises';
import { beginOfLog, SUPERVISION_LIMITS } from '@islet/supervise';
import { LIMITS } from './limits.ts';

/** The last lines of a log, of its rotated files too; empty where there is none. Holds a bounded part in memory. */
export async function tail(log: string, lines: number): Promise<readonly string[]> {
  let text = Buffer.alloc(0);
  for (const file of [log, ...rotated(log)]) {
    const room = LIMITS.tailBytes - text.length;
    if (room <= 0 || countLines(text) > lines) break;
    text = Buffer.concat([await lastBytes(file, room), text]);
  }
  const all = text.toString('utf8').split('\n');
  if (all.at(-1) === '') all.pop();
  return all.slice(Math.max(0, all.length - lines));
}

/** Newest first. */
function rotated(log: string): string[] {
  return Array.from({ length: SUPERVISION_LIMITS.rotation.keep }, (_, index) => `${log}.${index + 1}`);
}

async function lastBytes(file: string, limit: number): Promise<Buffer> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  const from = Math.max(await beginOfLog(file, size), size - limit);
  if (size <= from) return Buffer.alloc(0);
  await using handle: FileHandle = await open(file, 'r');
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
  return buffer.subarray(0, bytesRead);
}

function countLines(text: Buffer): number {
  let count = 0;
  for (let at = text.indexOf(10); at !== -1; at = text.indexOf(10, at + 1)) count++;
  return count;
}
