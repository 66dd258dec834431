import { readFileSync, statSync } from 'node:fs';
import type { ForwardSpec, TextOrSecret } from '@islet/spec';

/** What a backend's section says, with values in the place of names. */
export interface Usable {
  readonly headers: Readonly<Record<string, string>>;
  /** In PEM; undefined: those that everybody trusts. */
  readonly ca: string | undefined;
  /** Why it can't be spoken to, and what to do. */
  readonly problem?: string;
}

interface Known {
  /** Values of secrets. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly authorities: Authorities;
}

export function usable({ headers: asked, ca: path }: ForwardSpec, { secrets, authorities }: Known): Usable {
  const plainOf = (text: TextOrSecret) => (typeof text === 'string' ? text : secrets[text.secret]?.trim());
  const headers: Record<string, string> = {};
  let problem: string | undefined;
  for (const [name, text] of Object.entries(asked)) {
    const value = plainOf(text);
    if (value !== undefined) headers[name.toLowerCase()] = value;
    else if (typeof text !== 'string')
      problem ??= `the secret ${text.secret} has no value: islet secret set ${text.secret}`;
  }
  const ca = path === undefined ? undefined : authorities.read(path);
  if (path !== undefined && ca === undefined) problem ??= `its authorities can't be read: ${path}`;
  return { headers, ca, ...(problem !== undefined && { problem }) };
}

/** Files of authorities. One that goes away, as while it is being replaced, counts as it was. */
export class Authorities {
  readonly #files = new Map<string, { readonly version: string; readonly text: string | undefined }>();

  haveChanged(forward: readonly ForwardSpec[]): boolean {
    return forward.some(({ ca }) => ca !== undefined && this.#files.get(ca)?.version !== versionOf(ca));
  }

  read(path: string): string | undefined {
    const before = this.#files.get(path);
    const version = versionOf(path);
    if (before !== undefined && before.version === version) return before.text;
    const text = textIn(path) ?? before?.text;
    this.#files.set(path, { version, text });
    return text;
  }
}

function versionOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? '' : `${stats.ino} ${stats.mtimeMs}`;
}

function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
