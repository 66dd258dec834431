import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readIfThere, writeAtomically } from '../own-file.ts';
import { type Database, inTransaction } from './database.ts';

export interface SecretRow {
  readonly name: string;
  readonly version: number;
  readonly setAt: number;
}

export interface Secrets {
  set(name: string, value: string, now: number): SecretRow;
  /** The current value; undefined where it was never set, or was removed. */
  get(name: string): string | undefined;
  /** Version 0: it has no value. */
  version(name: string): number;
  list(): readonly SecretRow[];
  remove(name: string, now: number): boolean;
  /** Every current value, for redaction. */
  values(): readonly string[];
  /** Grows with every change. */
  changes(): number;
  /** The instant of the newest change; 0: nothing was ever set. */
  changedAt(): number;
}

/**
 * Secrets encrypted at rest: AES-256-GCM, a fresh nonce for each value, name and version authenticated with it so that
 * one can't be put in another's place. The key is a file of mode 0600 beside the database.
 */
export function openSecrets(database: Database, keyPath: string): Secrets {
  const key = readOrMakeKey(keyPath);
  const latest = database.prepare(
    'SELECT name, version, set_at, sealed FROM secrets WHERE name = ? ORDER BY version DESC LIMIT 1',
  );
  const all = database.prepare(
    'SELECT name, MAX(version) AS version, set_at, sealed FROM secrets GROUP BY name ORDER BY name',
  );
  const insert = database.prepare('INSERT INTO secrets (name, version, set_at, sealed) VALUES (?, ?, ?, ?)');
  const newest = database.prepare('SELECT MAX(set_at) AS at FROM secrets');
  const erase = database.prepare('UPDATE secrets SET sealed = NULL WHERE name = ?');
  let changes = 0;
  const rowOf = (name: string) => latest.get(name) as unknown as Row | undefined;
  const current = () => (all.all() as unknown as Row[]).filter(({ sealed }) => sealed !== null);

  return {
    set: (name, value, now) =>
      inTransaction(database, () => {
        const version = (rowOf(name)?.version ?? 0) + 1;
        erase.run(name);
        insert.run(name, version, now, seal(key, { name, version }, value));
        changes++;
        return { name, version, setAt: now };
      }),
    get: (name) => {
      const row = rowOf(name);
      return row?.sealed ? open(key, row, row.sealed) : undefined;
    },
    version: (name) => {
      const row = rowOf(name);
      return row?.sealed ? row.version : 0;
    },
    list: () => current().map(({ name, version, set_at }) => ({ name, version, setAt: set_at })),
    remove: (name, now) =>
      inTransaction(database, () => {
        const row = rowOf(name);
        if (!row?.sealed) return false;
        erase.run(name);
        insert.run(name, row.version + 1, now, null);
        changes++;
        return true;
      }),
    changes: () => changes,
    changedAt: () => (newest.get() as { at: number | null }).at ?? 0,
    values: () => current().map((row) => open(key, row, row.sealed as Uint8Array)),
  };
}

interface Row {
  readonly name: string;
  readonly version: number;
  readonly set_at: number;
  readonly sealed: Uint8Array | null;
}

function readOrMakeKey(path: string): Buffer {
  const found = readIfThere(path);
  const key = found ?? randomBytes(32);
  if (found === undefined) writeAtomically(path, key);
  if (key.length !== 32) {
    throw new Error(
      `${path} is not a key: it must hold 32 bytes, and holds ${key.length}: restore it from a backup, or remove it and set every secret again`,
    );
  }
  return key;
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Sealed {
  readonly name: string;
  readonly version: number;
}

function seal(key: Buffer, { name, version }: Sealed, value: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(`${name}@${version}`));
  const text = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function open(key: Buffer, { name, version }: Sealed, sealed: Uint8Array): string {
  const bytes = Buffer.from(sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES))
    .setAAD(Buffer.from(`${name}@${version}`))
    .setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  return decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
}
