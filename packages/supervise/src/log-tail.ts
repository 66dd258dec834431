import { open, stat } from 'node:fs/promises';

const TAIL_BYTES = 16 * 1024;

/** What a log holds since a place in it; of more than a tail, the tail. */
export async function logSince(log: string, from: number): Promise<string> {
  const size = await logSize(log);
  const start = Math.max(from <= size ? from : 0, size - TAIL_BYTES);
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 1)), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The last line that is like this; none: the last line. */
export function lastComplaint(written: string, like: RegExp): string {
  const lines = written.trim().split('\n');
  return lines.findLast((line) => like.test(line)) ?? (lines.at(-1) || 'it left no word in its log');
}

export async function logSize(log: string): Promise<number> {
  return stat(log).then(
    ({ size }) => size,
    () => 0,
  );
}
