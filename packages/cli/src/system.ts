import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from './context.ts';
import { UsageError } from './failures.ts';

/** Which system a command is about. The folder is its identity. */
export interface System {
  readonly folder: string;
  readonly stateFolder: string;
}

export interface SystemOptions {
  /** As typed; undefined: found from the current folder upwards. */
  readonly folder?: string | undefined;
  /** As typed; undefined: `.islet` in the system's folder. */
  readonly state?: string | undefined;
}

const SYSTEM_FILE = 'islet.yaml';

export function findSystem({ cwd }: Pick<Context, 'cwd'>, options: SystemOptions, inFolder = '.islet'): System {
  const folder = options.folder === undefined ? findUpwards(cwd) : given(cwd, options.folder);
  if (folder === undefined)
    throw new UsageError(
      `no ${SYSTEM_FILE} in ${cwd} or any folder above it`,
      "give the system's folder as an argument, or make a system with `islet init`",
    );
  return { folder, stateFolder: options.state ? resolve(cwd, options.state) : join(folder, inFolder) };
}

export function findUpwards(from: string): string | undefined {
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    if (existsSync(join(folder, SYSTEM_FILE))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

/** Whether a word of the command line means a folder, and not a service: it can't be a service's name, or is a system. */
export function meansFolder(word: string, cwd: string): boolean {
  if (word.includes('/') || word === '.' || word === '..') return true;
  return findUpwards(cwd) === undefined && existsSync(join(cwd, word, SYSTEM_FILE));
}

function given(cwd: string, typed: string): string {
  const path = resolve(cwd, typed);
  const folder = path.endsWith(`/${SYSTEM_FILE}`) ? dirname(path) : path;
  if (!existsSync(join(folder, SYSTEM_FILE)))
    throw new UsageError(`${folder} is not a system: it has no ${SYSTEM_FILE}`, `\`islet init ${typed}\` makes one`);
  return realpathSync(folder);
}
