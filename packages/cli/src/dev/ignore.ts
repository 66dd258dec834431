import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import { promisify } from 'node:util';

/** Says which of some paths are not source: what git ignores, and what tools keep beside source. */
export interface Ignore {
  /** Absolute paths in, those of them that are ignored out. */
  among(paths: readonly string[]): Promise<ReadonlySet<string>>;
  /** A `.gitignore` changed: what was known is forgotten. */
  forget(): void;
}

const NEVER_SOURCE = new Set(['.git', '.islet', 'node_modules', '__pycache__', '.venv']);
const TIMEOUT_MS = 10_000;
/** How many answers are remembered before all are forgotten. */
const MAX_REMEMBERED = 50_000;

const run = promisify(execFile);

/**
 * Outside of a repository git is lent an empty one in `scratch`: `.gitignore` files then mean the same, and what a build
 * writes is not taken for a change of source. Without git only the well-known folders are ignored.
 */
export async function createIgnore(folder: string, scratch: string): Promise<Ignore> {
  const git = await findRepository(folder, scratch);
  const known = new Map<string, boolean>();
  return {
    async among(paths) {
      if (known.size > MAX_REMEMBERED) known.clear();
      const inSource = paths.filter(
        (path) =>
          !path
            .slice(folder.length)
            .split(sep)
            .some((part) => NEVER_SOURCE.has(part)),
      );
      const asked = git ? inSource.filter((path) => !known.has(path)) : [];
      const hits = asked.length > 0 ? await git?.(asked) : undefined;
      for (const path of asked) known.set(path, hits?.has(path) === true);
      return new Set(paths.filter((path) => !inSource.includes(path) || known.get(path) === true));
    },
    forget: () => known.clear(),
  };
}

type Ask = (paths: readonly string[]) => Promise<ReadonlySet<string>>;

async function findRepository(folder: string, scratch: string): Promise<Ask | undefined> {
  if (await succeeds(['-C', folder, 'rev-parse', '--is-inside-work-tree']))
    return (paths) => checkIgnore(folder, [], paths);
  const lent = join(scratch, 'ignore.git');
  if (!existsSync(lent) && !(await succeeds(['init', '--quiet', '--bare', lent]))) return undefined;
  return (paths) => checkIgnore(folder, [`--git-dir=${lent}`, `--work-tree=${folder}`], paths);
}

async function succeeds(words: readonly string[]): Promise<boolean> {
  return run('git', words, { timeout: TIMEOUT_MS }).then(
    () => true,
    () => false,
  );
}

/** Exit 1 says that none is ignored, 128 that a path lies outside of the repository: neither is a reason to stop. */
function checkIgnore(folder: string, words: readonly string[], paths: readonly string[]): Promise<ReadonlySet<string>> {
  return new Promise((done) => {
    const child = execFile(
      'git',
      [...words, 'check-ignore', '-z', '--stdin'],
      { cwd: folder, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 },
      (_error, stdout) => done(new Set(stdout.split('\0').filter(Boolean))),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(paths.map((path) => `${path}\0`).join(''));
  });
}
