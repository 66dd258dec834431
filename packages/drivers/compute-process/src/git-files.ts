import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { LIMITS } from './limits.ts';

/** As root in someone else's work tree git would refuse; and a repository must not name programs for it to run. */
const SAFE = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false'];

/**
 * Absolute paths of all files below a folder that git tracks or does not ignore, those deleted since included; a nested
 * repository is listed as its folder. Undefined: the folder is in no work tree, or there is no git.
 */
export async function gitFiles(folder: string): Promise<readonly string[] | undefined> {
  return isInWorkTree(folder) ? listed(folder, ['-C', folder]) : undefined;
}

/**
 * The same of a folder that is in no work tree and has a `.gitignore`, by an empty repository that git is lent: what a test
 * or a build leaves there is no source before the first `git init` either. Undefined: there is none, or no git.
 */
export async function filesByIgnoreFile(folder: string): Promise<readonly string[] | undefined> {
  if (!existsSync(join(folder, '.gitignore'))) return undefined;
  const lent = mkdtempSync(join(tmpdir(), 'islet-git-'));
  try {
    // All that git asks of a repository.
    for (const part of ['objects', 'refs']) mkdirSync(join(lent, part));
    writeFileSync(join(lent, 'HEAD'), 'ref: refs/heads/none\n');
    return await listed(folder, ['-C', folder, `--git-dir=${lent}`, `--work-tree=${folder}`]);
  } finally {
    rmSync(lent, { recursive: true, force: true });
  }
}

async function listed(folder: string, where: readonly string[]): Promise<readonly string[] | undefined> {
  try {
    const args = [...SAFE, ...where, 'ls-files', '-z', '--cached', '--others', '--exclude-standard'];
    const { stdout } = await promisify(execFile)('git', args, {
      timeout: LIMITS.gitMs,
      maxBuffer: LIMITS.gitOutputBytes,
    });
    return stdout
      .split('\0')
      .filter(Boolean)
      .map((path) => join(folder, path.replace(/\/$/, '')));
  } catch (error) {
    if (isAbsence(error as { code?: unknown })) return undefined;
    throw error;
  }
}

/** Seen without git, which would be a process for each service. */
function isInWorkTree(folder: string): boolean {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return true;
    if (at === dirname(at)) return false;
  }
}

/** 128: not a work tree. */
function isAbsence({ code }: { code?: unknown }): boolean {
  return code === 128 || code === 'ENOENT';
}
