import { createHash, randomBytes } from 'node:crypto';
import { DriverError } from '@islet/driver';
import { open, seal } from './seal.ts';

/**
 * Two kinds of keys. Each service has a data key, with which everything of it is sealed; it lies in the repository beside
 * what it opens, wrapped by the system's one recovery key. The recovery key lies in the system's state folder and, once
 * somebody has exported it, wherever that person keeps it. Who deletes a service's wrapped key has deleted its backups.
 */
export const KEY_BYTES = 32;

export interface RecoveryKey {
  readonly bytes: Uint8Array;
  /** Tells one key from another, and tells nothing of it. */
  readonly id: string;
}

export function recoveryKey(bytes: Uint8Array): RecoveryKey {
  return { bytes, id: fingerprint('islet recovery key', bytes) };
}

const PREFIX = 'islet-recovery';

/** As it is written down: `islet-recovery-3f9a2c1d-…`, ten groups of eight digits, the last of which checks the others. */
export function recoveryKeyText({ bytes }: RecoveryKey): string {
  const digits = `${Buffer.from(bytes).toString('hex')}${fingerprint('check', bytes)}`;
  return [PREFIX, ...(digits.match(/.{8}/g) ?? [])].join('-');
}

/** Spaces, line ends and capital letters don't matter. Throws `refused` for a key that was mistyped. */
export function parseRecoveryKey(text: string): RecoveryKey {
  const digits = text
    .toLowerCase()
    .replaceAll(/[\s-]/g, '')
    .replace(/^isletrecovery/, '');
  const bytes = Buffer.from(digits.slice(0, 2 * KEY_BYTES), 'hex');
  if (bytes.length !== KEY_BYTES || digits.slice(2 * KEY_BYTES) !== fingerprint('check', bytes)) {
    throw new DriverError('refused', 'that is no recovery key: it was mistyped, or is cut off', {
      hint: `it is one line that begins with ${PREFIX}-`,
    });
  }
  return recoveryKey(bytes);
}

export function newKey(): Uint8Array {
  return randomBytes(KEY_BYTES);
}

/** What is stored of a data key. */
export function wrapKey(key: Uint8Array, { by, service }: { by: RecoveryKey; service: string }): Uint8Array {
  const wrapped = seal({ key: by.bytes, name: `${service}/key` }, key);
  return Buffer.from(JSON.stringify({ recoveryKey: by.id, wrapped: Buffer.from(wrapped).toString('base64') }));
}

/** Throws `refused` for another recovery key, `damaged` where the stored bytes are not what was stored. */
export function unwrapKey(stored: Uint8Array, { by, service }: { by: RecoveryKey; service: string }): Uint8Array {
  const { recoveryKey: id, wrapped } = parseStored(stored, service);
  const key = opened(Buffer.from(wrapped, 'base64'), { by, service });
  if (id !== by.id) {
    // What this key opens was wrapped by it: then it is the name beside it that was altered.
    if (!(key instanceof DriverError)) throw new DriverError('damaged', `the key of ${service} is damaged`);
    throw new DriverError('refused', `the backups of ${service} need recovery key ${id}, and this one is ${by.id}`, {
      hint: 'give the key that `islet backup key export` printed on the machine that made them',
    });
  }
  if (key instanceof DriverError) throw key;
  if (key.length !== KEY_BYTES) throw new DriverError('damaged', `the key of ${service} is damaged`);
  return key;
}

function opened(wrapped: Uint8Array, { by, service }: { by: RecoveryKey; service: string }): Uint8Array | DriverError {
  try {
    return open({ key: by.bytes, name: `${service}/key` }, wrapped);
  } catch (error) {
    return DriverError.from(error);
  }
}

function parseStored(stored: Uint8Array, service: string): { recoveryKey: string; wrapped: string } {
  try {
    const { recoveryKey, wrapped } = JSON.parse(Buffer.from(stored).toString()) as Record<string, unknown>;
    if (typeof recoveryKey === 'string' && typeof wrapped === 'string' && isAsWritten(wrapped)) {
      return { recoveryKey, wrapped };
    }
  } catch {
    // Told below.
  }
  throw new DriverError('damaged', `the key of ${service} is damaged: ${service}/key can't be read`);
}

/** What stands there otherwise may mean the same, and is not what was stored. */
function isAsWritten(base64: string): boolean {
  return Buffer.from(base64, 'base64').toString('base64') === base64;
}

function fingerprint(purpose: string, bytes: Uint8Array): string {
  return createHash('sha256').update(purpose).update(bytes).digest('hex').slice(0, 8);
}
