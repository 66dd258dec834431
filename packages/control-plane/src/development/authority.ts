import { createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, hostname, userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { makeAuthority } from './x509.ts';

/**
 * The development authority: one for the machine where Islet is root, else one for its user. It is made by whichever system
 * needs it first, and people trust it once. Certificate and key come and go together, as one folder.
 */
export interface Authority {
  readonly cert: string;
  readonly x509: X509Certificate;
  readonly key: KeyObject;
}

export function authorityFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (process.getuid?.() === 0) return '/var/lib/islet/authority';
  return join(env.XDG_DATA_HOME ?? join(homedir(), '.local', 'share'), 'islet', 'authority');
}

/** What people tell their programs to trust. */
export function authorityFile(folder = authorityFolder()): string {
  return join(folder, 'ca.pem');
}

/** The authority of the folder, made where there is none that can be used. */
export async function openAuthority(folder: string, now: number): Promise<Authority> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const found = await readAuthority(folder, now);
    if (found !== undefined) return found;
    await make(folder, now);
  }
  throw new Error(`others make the development authority in ${folder} anew again and again`);
}

const ATTEMPTS = 5;
const DAY_MS = 24 * 3_600_000;
const AUTHORITY_MS = 3_650 * DAY_MS;
/** What it signs must not outlive it. */
const LEAST_LEFT_MS = 100 * DAY_MS;

/** Undefined: there is none, or it is of no use any more. */
async function readAuthority(folder: string, now: number): Promise<Authority | undefined> {
  const files = [authorityFile(folder), keyFile(folder)].map((path) => readFile(path, 'utf8'));
  const [cert, keyPem] = await Promise.all(files).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (cert === undefined || keyPem === undefined) return undefined;
  try {
    const x509 = new X509Certificate(cert);
    const key = createPrivateKey(keyPem);
    const isGood = x509.checkPrivateKey(key) && Date.parse(x509.validTo) - now >= LEAST_LEFT_MS;
    return isGood ? { cert, x509, key } : undefined;
  } catch {
    // Neither is written in place: somebody else has been at it.
    return undefined;
  }
}

/** Two that make one at once end with that of the first. */
async function make(folder: string, now: number): Promise<void> {
  const made = await makeAuthority(`Islet development (${userInfo().username}@${hostname()})`, {
    now,
    forMs: AUTHORITY_MS,
  });
  await mkdir(dirname(folder), { recursive: true, mode: 0o755 });
  const draft = `${folder}.${randomUUID()}`;
  await mkdir(draft);
  try {
    // Whatever the umask is: every user of the machine may trust it, and its owner alone speaks for it.
    await chmod(draft, 0o755);
    await writeFile(keyFile(draft), made.key, { mode: 0o600, flush: true });
    await writeFile(authorityFile(draft), made.cert, { flush: true });
    await chmod(authorityFile(draft), 0o644);
    await rename(draft, folder);
  } catch (error) {
    if (!isThere(error)) throw error;
    await removeUseless(folder, now);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/**
 * What is there was of no use when it was looked at, and may be what another system has made since. So it is taken away as
 * a whole before it is looked at again, and put back where it is good: nobody ever deletes what somebody may have trusted.
 */
async function removeUseless(folder: string, now: number): Promise<void> {
  if ((await readAuthority(folder, now)) !== undefined) return;
  const aside = `${folder}.${randomUUID()}`;
  try {
    await rename(folder, aside);
    if ((await readAuthority(aside, now)) !== undefined) await rename(aside, folder);
  } catch (error) {
    if (!isThere(error) && (error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

function isThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOTEMPTY' || code === 'EEXIST';
}

function keyFile(folder: string): string {
  return join(folder, 'ca.key');
}
