import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { MigrateRequest } from '../data.ts';
import { DriverError } from '../errors.ts';
import { isContract, MIGRATION_LIMITS, type Migration } from './model.ts';
import { byName } from './order.ts';

/**
 * The migrations of a folder, in order. `*.down.sql` (golang-migrate and others) is the way back and is never run; a
 * rollback goes to older code on the newer schema.
 *
 * A build may put a link in a file's place. Whoever reads here may read more than the service, and hands what is read
 * to the service's own server: so a link that leads out of `within` is refused. Nobody may change the folder meanwhile.
 */
export async function readMigrations({
  folder,
  within = folder,
  contract = false,
}: Pick<MigrateRequest, 'folder' | 'within' | 'contract'>): Promise<readonly Migration[]> {
  await requireWithin(folder, within);
  const names = (await list(folder)).filter(isMigration).toSorted(byName);
  if (names.length > MIGRATION_LIMITS.files) {
    throw new DriverError(
      'refused',
      `${folder} holds ${names.length} migrations; ${MIGRATION_LIMITS.files} is the limit`,
    );
  }
  const migrations: Migration[] = [];
  for (const name of names) {
    await requireWithin(join(folder, name), within);
    const migration = migrationOf(name, await read(join(folder, name)));
    migrations.push({ ...migration, isDue: contract || !isContract(name) });
  }
  return migrations;
}

/** A migration from a file's text. */
export function migrationOf(name: string, text: string): Migration {
  const sql = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  return { name, sql, checksum: createHash('sha256').update(sql).digest('hex'), isDue: true };
}

/** What is not there is told by whoever reads it. */
async function requireWithin(path: string, within: string): Promise<void> {
  const [real, root] = await Promise.all([path, within].map((it) => realpath(it).catch(() => undefined)));
  if (real === undefined || root === undefined || `${real}${sep}`.startsWith(`${root}${sep}`)) return;
  throw new DriverError('refused', `${path} leads out of ${within}`, { hint: 'put a copy in the place of the link' });
}

async function list(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new DriverError('refused', `the migrations folder ${folder} can't be read`, {
      hint: 'make the folder, or take `database.migrations` out of service.yaml',
      cause,
    });
  }
}

function isMigration(name: string): boolean {
  return name.endsWith('.sql') && !name.endsWith('.down.sql') && !name.startsWith('.');
}

async function read(file: string): Promise<string> {
  const { size } = await stat(file);
  if (size > MIGRATION_LIMITS.fileBytes) {
    throw new DriverError('refused', `${file} has ${size} bytes; ${MIGRATION_LIMITS.fileBytes} is the limit`, {
      hint: 'split it, or load data by the service itself',
    });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw new DriverError('refused', `${file} is not UTF-8 text`, { hint: 'save it as UTF-8', cause });
  }
}
