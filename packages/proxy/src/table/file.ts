import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { RoutingTable } from '@islet/policy';
import { routingTableSchema } from './schema.ts';

/**
 * The last good table on disk: a line with the checksum, then the table. It is replaced by renaming, so a killed proxy
 * leaves the old one or the new one. It is not fsynced, which would cost each push several milliseconds: only a crash of
 * the whole machine can tear it, no instance of any table survives that, and the checksum keeps a torn one from use.
 */
export async function writeTable(path: string, table: RoutingTable): Promise<void> {
  const json = JSON.stringify(table);
  const temporary = `${path}.new`;
  await writeFile(temporary, `${checksum(json)}\n${json}\n`, { mode: 0o600 });
  await rename(temporary, path);
}

/** Undefined where there is none, or one that can't be used. */
export async function readTable(path: string): Promise<RoutingTable | undefined> {
  const text = await readFile(path, 'utf8').catch(missing);
  if (text === undefined) return undefined;
  const lineEnd = text.indexOf('\n');
  const json = text.slice(lineEnd + 1, -1);
  if (lineEnd < 0 || !text.endsWith('\n') || text.slice(0, lineEnd) !== checksum(json)) return undefined;
  // It was checked before it was written, but perhaps by another version of Islet.
  const parsed = routingTableSchema.safeParse(JSON.parse(json));
  return parsed.success ? parsed.data : undefined;
}

function checksum(json: string): string {
  return createHash('sha256').update(json).digest('hex');
}

function missing(thrown: unknown): undefined {
  if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  throw thrown;
}
