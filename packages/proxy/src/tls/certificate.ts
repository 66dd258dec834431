import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { createSecureContext, type SecureContext } from 'node:tls';
import type { CertificateFiles } from '@islet/policy';

/** A certificate with its key, ready for use. */
export interface Certificate {
  readonly files: CertificateFiles;
  readonly x509: X509Certificate;
  readonly context: SecureContext;
  readonly material: { readonly cert: Buffer; readonly key: Buffer };
  /** Others than its owner may read the key. */
  readonly isExposed: boolean;
}

export type LoadedCertificate =
  | { readonly kind: 'loaded'; readonly certificate: Certificate }
  | { readonly kind: 'unusable'; readonly why: string };

/** Reads both files, and checks that they belong together. */
export async function loadCertificate(files: CertificateFiles): Promise<LoadedCertificate> {
  try {
    const [cert, key, { mode }] = await Promise.all([readFile(files.cert), readFile(files.key), stat(files.key)]);
    const x509 = new X509Certificate(cert);
    if (!x509.checkPrivateKey(createPrivateKey(key))) return unusable(files, `it does not belong to ${files.key}`);
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2', ciphers: CIPHERS });
    return {
      kind: 'loaded',
      certificate: { files, x509, context, material: { cert, key }, isExposed: (mode & 0o077) !== 0 },
    };
  } catch (thrown) {
    return unusable(files, thrown instanceof Error ? thrown.message : String(thrown));
  }
}

/** What is to be told of a certificate that works. */
export function certificateProblems({ files, x509, isExposed }: Certificate, wallNow: number): readonly string[] {
  const exposed = isExposed ? [`the key ${files.key} can be read by other users: chmod 600 ${files.key}`] : [];
  const days = Math.floor((Date.parse(x509.validTo) - wallNow) / DAY_MS);
  if (days >= WARN_DAYS) return exposed;
  const what = days < 0 ? `has expired (${x509.validTo})` : `expires in ${days} day${days === 1 ? '' : 's'}`;
  return [...exposed, `the certificate ${files.cert} ${what}: put a new one in its place, and it is used at once`];
}

/** Whether it is meant for this host. */
export function covers({ x509 }: Certificate, host: string): boolean {
  return x509.checkHost(host) !== undefined;
}

/** For TLS 1.2 only what has forward secrecy and authenticates what it encrypts (Mozilla, "intermediate"). */
export const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

const DAY_MS = 24 * 3_600_000;
/** The defaults' alert: less than 7 days. */
const WARN_DAYS = 7;

function unusable({ cert }: CertificateFiles, why: string): LoadedCertificate {
  return { kind: 'unusable', why: `the certificate ${cert} can't be used: ${why}` };
}
