import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiError } from './errors.ts';
import type { Target } from './http.ts';
import { startOf } from './process.ts';

/** What a running control plane says of itself in its state folder. */
export interface ControlFile extends Target {
  readonly pid: number;
  readonly version: string;
}

/** What a control plane writes into `control.json` when it answers. */
export function controlFileText({ url, pid, version }: Omit<ControlFile, 'token'>): string {
  return JSON.stringify({ url, pid, version, started: startOf(pid) });
}

/**
 * Reads `control.json` and `token`. Undefined where either is missing or half-written, or where the
 * process that wrote them is gone: then no control plane is ready here, and whoever listens on its port by now must not be
 * shown the token. A file that may not be read is an error of its own, since starting a second control plane would not help.
 */
export function readControlFile(stateFolder: string): ControlFile | undefined {
  const text = readIfThere(join(stateFolder, 'control.json'));
  const token = readIfThere(join(stateFolder, 'token'))?.trim();
  if (text === undefined || !token) return undefined;
  try {
    const { url, pid, version, started } = JSON.parse(text) as ControlFile & { readonly started?: string };
    new URL(url);
    if (started !== undefined && startOf(pid) !== started) return undefined;
    return { url, pid, version, token };
  } catch {
    return undefined;
  }
}

/** Whether a control plane that did not end in order has left its word here: it runs, or is on its way back. */
export function hasControlFile(stateFolder: string): boolean {
  return existsSync(join(stateFolder, 'control.json'));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ApiError('unauthorised', `${path} can't be read (${code})`, {
      hint: 'run the command as the user who ran `islet up`',
      cause,
    });
  }
}
