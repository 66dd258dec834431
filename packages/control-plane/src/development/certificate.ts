import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { CertificateFiles } from '@islet/spec';
import { readIfThere, writeAtomically } from '../own-file.ts';
import type { Authority } from './authority.ts';
import { issue, keyText, type Names, newKey } from './x509.ts';

export interface Wanted {
  readonly files: CertificateFiles;
  readonly names: Names;
  readonly now: number;
}

/**
 * Sees to it that the files hold a certificate of the authority for these names that is good for a while. The key stays the
 * same, so that a new certificate is one file that is replaced at once: whoever reads both finds a pair at any instant.
 * Returns whether there was anything to do.
 */
export async function ensureCertificate({ files, names, now }: Wanted, authority: Authority): Promise<boolean> {
  const key = keyIn(files.key);
  if (key !== undefined && isGood(files, { key, names, now, authority })) return false;
  await mkdir(dirname(files.key), { recursive: true, mode: 0o700 });
  const used = key ?? newKey().privateKey;
  if (key === undefined) writeAtomically(files.key, keyText(used));
  const request = { key: createPublicKey(keyText(used)), names, validity: { now, forMs: CERTIFICATE_MS } };
  writeAtomically(files.cert, await issue(request, authority));
  return true;
}

const DAY_MS = 24 * 3_600_000;
const CERTIFICATE_MS = 90 * DAY_MS;
/** As certbot does: a third of the time is left for whatever is in the way. */
const RENEW_MS = 30 * DAY_MS;

interface Judged {
  readonly key: KeyObject;
  readonly names: Names;
  readonly now: number;
  readonly authority: Authority;
}

function isGood(files: CertificateFiles, { key, names, now, authority }: Judged): boolean {
  const text = readIfThere(files.cert);
  const cert = text && parsed(() => new X509Certificate(text));
  if (cert === undefined) return false;
  const isOurs = cert.checkIssued(authority.x509) && cert.verify(authority.x509.publicKey) && cert.checkPrivateKey(key);
  const isInTime = Date.parse(cert.validFrom) <= now && Date.parse(cert.validTo) - now >= RENEW_MS;
  const covers = [
    ...names.hosts.map((host) => cert.checkHost(host, { subject: 'never' })),
    ...names.addresses.map((address) => cert.checkIP(address)),
  ];
  return isOurs && isInTime && covers.every((name) => name !== undefined);
}

function keyIn(path: string): KeyObject | undefined {
  const text = readIfThere(path);
  return text && parsed(() => createPrivateKey(text));
}

/** Undefined: it is none, and is replaced. */
function parsed<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
