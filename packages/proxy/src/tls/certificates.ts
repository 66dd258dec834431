import { stat } from 'node:fs/promises';
import type { CertificateFiles } from '@islet/policy';
import { type Certificate, certificateProblems, covers, loadCertificate } from './certificate.ts';

/**
 * The certificates of one gateway, as their files are. Whoever renews them replaces the files, which are looked at again
 * and again; what can't be used is told, and the one before it is used on.
 */
export class Certificates {
  readonly #known = new Map<string, Known>();
  #files: readonly CertificateFiles[] = [];
  #looking: Promise<void> | undefined;

  /** Returns when they are loaded, or known to be unusable. */
  async use(files: readonly CertificateFiles[]): Promise<void> {
    this.#files = files;
    const keys = new Set(files.map(keyOf));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    await this.#looking;
    await this.look();
  }

  /** Loads those whose files have changed. */
  async look(): Promise<void> {
    this.#looking ??= Promise.all(this.#files.map((files) => this.#lookAt(files))).then(() => undefined);
    await this.#looking;
    this.#looking = undefined;
  }

  /** The one for a client that asks for this host; the first where none is meant for it, or it names none. */
  choose(host: string | undefined): Certificate | undefined {
    const usable = this.#files.flatMap((files) => this.#known.get(keyOf(files))?.certificate ?? []);
    return (host === undefined ? undefined : usable.find((it) => covers(it, host))) ?? usable[0];
  }

  problems(wallNow: number): readonly string[] {
    return [...this.#known.values()].flatMap(({ certificate, why }) => [
      ...(why === undefined ? [] : [why]),
      ...(certificate === undefined ? [] : certificateProblems(certificate, wallNow)),
    ]);
  }

  async #lookAt(files: CertificateFiles): Promise<void> {
    const key = keyOf(files);
    const known = this.#known.get(key);
    const version = await versionOf(files);
    if (known !== undefined && known.version === version) return;
    const loaded = await loadCertificate(files);
    // Both files are seldom replaced in the same instant: what is unusable now is looked at again.
    if (loaded.kind === 'loaded') this.#known.set(key, { version, certificate: loaded.certificate, why: undefined });
    else this.#known.set(key, { version: undefined, certificate: known?.certificate, why: loaded.why });
  }
}

interface Known {
  /** Of the files; undefined: to be looked at again. */
  readonly version: string | undefined;
  readonly certificate: Certificate | undefined;
  readonly why: string | undefined;
}

function keyOf({ cert, key }: CertificateFiles): string {
  return `${cert}\0${key}`;
}

async function versionOf({ cert, key }: CertificateFiles): Promise<string | undefined> {
  try {
    const seen = await Promise.all([stat(cert), stat(key)]);
    return seen.map(({ ino, mtimeMs, size, mode }) => `${ino} ${mtimeMs} ${size} ${mode}`).join(' ');
  } catch {
    return undefined;
  }
}
