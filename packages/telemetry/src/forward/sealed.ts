import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { telemetryFiles } from '../orders.ts';

/** What the telemetry process must know to forward, and nobody else may read. */
export interface Confidential {
  /** Values of the secrets that headers name. */
  readonly headers: Readonly<Record<string, string>>;
  /** What must not leave this machine in any record. */
  readonly secrets: readonly string[];
}

const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const pathIn = (folder: string) => join(folder, 'confidential');

/**
 * In a file, so that forwarding goes on without the control plane; sealed by telemetry's own key, because secrets lie nowhere
 * as they are, and so that a copy of this file alone is worth nothing.
 */
export function seal(folder: string, confidential: Confidential): void {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, keyOf(folder), nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(confidential)), cipher.final()]);
  const path = pathIn(folder);
  writeFileSync(`${path}.new`, Buffer.concat([nonce, text, cipher.getAuthTag()]), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Undefined: there is none, or none that this key opens. */
export function unseal(folder: string): Confidential | undefined {
  try {
    const bytes = readFileSync(pathIn(folder));
    const decipher = createDecipheriv(CIPHER, keyOf(folder), bytes.subarray(0, NONCE_BYTES));
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString()) as Confidential;
  } catch {
    return undefined;
  }
}

/** Changes when what is sealed does. */
export function sealedVersion(folder: string): string {
  const stats = statSync(pathIn(folder), { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs}`;
}

function keyOf(folder: string): Buffer {
  return createHmac('sha256', readFileSync(telemetryFiles.key(folder)))
    .update('islet-telemetry-confidential')
    .digest();
}
