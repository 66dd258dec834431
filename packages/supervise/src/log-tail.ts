import { open, stat } from 'node:fs/promises';

const TAIL_BYTES = 16 * 1024;

/** The last line of a log, since a place in it, that is like this; none: its last line. */
export async function lastComplaint(
  log: string,
  { from, like }: { readonly from: number; readonly like: RegExp },
): Promise<string> {
  const size = await logSize(log);
  const start = Math.max(from <= size ? from : 0, size - TAIL_BYTES);
  const file = await open(log, 'r').catch(() => undefined);
  if (file === undefined) return SILENT;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(size - start, 1)), 0, size - start, start);
    const lines = buffer.toString('utf8', 0, bytesRead).trim().split('\n');
    return lines.findLast((line) => like.test(line)) ?? (lines.at(-1) || SILENT);
  } finally {
    await file.close();
  }
}

const SILENT = 'it left no word in its log';

export async function logSize(log: string): Promise<number> {
  return stat(log).then(
    ({ size }) => size,
    () => 0,
  );
}
