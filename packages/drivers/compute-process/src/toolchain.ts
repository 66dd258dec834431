import { execFile } from 'node:child_process';
import { realpathSync, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { programsOf, resolveProgram } from '@islet/supervise';
import type { FileHashes } from './file-hashes.ts';
import { LIMITS } from './limits.ts';

/** Tools whose version decides what a build makes, and how each tells it. Of any other program its size does. */
const VERSION_ARGUMENT: Readonly<Record<string, string>> = {
  node: '--version',
  npm: '--version',
  npx: '--version',
  pnpm: '--version',
  yarn: '--version',
  go: 'version',
  java: '-version',
  javac: '-version',
  mvn: '--version',
  gradle: '--version',
  python: '--version',
  python3: '--version',
  pip: '--version',
  pip3: '--version',
  cargo: '--version',
  rustc: '--version',
  gcc: '--version',
  cc: '--version',
  ruby: '--version',
  php: '--version',
  dotnet: '--version',
};

/** `tool version` for each program that the commands use, sorted; one that is missing is named so. */
export async function toolVersions(
  commands: readonly string[],
  { path, known }: { readonly path: string; readonly known: FileHashes },
): Promise<readonly string[]> {
  const programs = [...new Set(commands.flatMap(programsOf))].sort();
  return Promise.all(programs.map(async (program) => `${program} ${await version(program, path, known)}`));
}

async function version(program: string, path: string, known: FileHashes): Promise<string> {
  const found = resolveProgram(program, path);
  if (found === undefined) return 'missing';
  const file = realpathSync(found);
  const { size, mtimeMs } = statSync(file);
  const argument = VERSION_ARGUMENT[program];
  if (argument === undefined) return String(size);
  const key = `${size} ${mtimeMs}`;
  const told = known.recall(`${file} ${argument}`, key);
  if (told !== undefined) return told;
  const hash = await ask(found, argument, path);
  known.remember(`${file} ${argument}`, { key, hash });
  return hash;
}

async function ask(file: string, argument: string, path: string): Promise<string> {
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [argument], {
      timeout: LIMITS.toolVersionMs,
      env: { ...process.env, PATH: path },
    });
    return `${stdout}${stderr}`.trim();
  } catch (error) {
    return `unknown: ${(error as Error).message}`;
  }
}
