import { closeSync, fchownSync, openSync, rmSync, writeFileSync } from 'node:fs';
import type { UnixUser } from './model.ts';

/**
 * Writes an environment as a file of shell assignments, readable by `user` alone, and returns it open for reading and
 * already without a name. An environment may hold secrets: in arguments every user of the machine could read them; and as
 * the environment of a shim that runs as root, its `LD_PRELOAD` would be obeyed by root.
 */
export function openEnvironment(
  path: string,
  env: Readonly<Record<string, string>>,
  user: UnixUser | undefined,
): number {
  const text = Object.entries(env)
    .map(([name, value]) => assignment(name, value))
    .join('');
  rmSync(path, { force: true });
  const writer = openSync(path, 'wx', 0o400);
  try {
    if (user !== undefined) fchownSync(writer, user.uid, user.gid);
    // All of it, or an error: on a disk that has just filled up, one write may take a part without a word.
    writeFileSync(writer, text);
    return openSync(path, 'r');
  } finally {
    closeSync(writer);
    rmSync(path);
  }
}

/** `command` keeps a name that this shell holds to be read-only (`UID` in bash) from ending the whole. */
function assignment(name: string, value: string): string {
  return `command export ${name}='${value.replaceAll("'", `'\\''`)}'\n`;
}

/** `MAX_ARG_STRLEN` of Linux, the NUL at its end included: execve(2). */
const MAX_ENTRY_BYTES = 131_072;

export function environmentProblem(env: Readonly<Record<string, string>>): string | undefined {
  for (const [name, value] of Object.entries(env)) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      return `the environment variable ${JSON.stringify(name)} has no valid name`;
    if (value.includes('\0')) return `the environment variable ${name} holds a NUL byte`;
    if (Buffer.byteLength(`${name}=${value}`) >= MAX_ENTRY_BYTES)
      return `the environment variable ${name} is larger than the kernel takes (128 KiB): give its value in a file`;
  }
  return undefined;
}
