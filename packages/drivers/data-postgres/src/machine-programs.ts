import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { resolveProgram, type UnixUser } from '@islet/supervise';
import type { Programs } from './programs.ts';
import { runAs } from './run-as.ts';

/** Where packages put each major version into a folder of its own: Debian's, and those of postgresql.org for Red Hat's. */
const FOLDERS = [
  { parent: '/usr/lib/postgresql', name: /^(\d+)$/ },
  { parent: '/usr', name: /^pgsql-(\d+)$/ },
] as const;

const SERVER = ['postgres', 'initdb'];
const TOOLS = ['pg_dump', 'psql'];

/** Where the machine has `pg_dump` and `psql`, which come in packages of their own; and where else a server's programs are. */
export async function dumpTools(others: readonly Programs[]): Promise<readonly Programs[]> {
  return [...others.filter(({ bin }) => holds(bin, TOOLS)), ...(await packages(TOOLS))];
}

/** The machine's own: those of its packages, what `pg_config` names, and what is in `path`. */
export async function machinesPrograms(path: string, signal: AbortSignal): Promise<readonly Programs[]> {
  const found = [...(await packages(SERVER))];
  const more = [await configured(path, signal), inPath(path)];
  for (const bin of more) {
    if (bin === undefined || found.some((one) => one.bin === bin)) continue;
    found.push(...(await programsIn(bin, signal)));
  }
  return found;
}

/** Those of a folder, or of the `bin` in it; none where it holds none. */
export async function programsIn(folder: string, signal: AbortSignal): Promise<readonly Programs[]> {
  const bin = [folder, join(folder, 'bin')].find((one) => holds(one, SERVER));
  if (bin === undefined) return [];
  // Whoever may write a service's file may not have root run a program.
  const { output } = await runAs([join(bin, 'postgres'), '--version'], { user: anybody(), cwd: '/', signal });
  const major = /\(PostgreSQL\) (\d+)/.exec(output)?.[1];
  return major === undefined ? [] : [{ major: Number(major), bin }];
}

async function packages(programs: readonly string[]): Promise<readonly Programs[]> {
  const found = FOLDERS.map(async ({ parent, name }) => {
    const entries = await readdir(parent).catch(() => []);
    return entries.flatMap((entry) => {
      const major = name.exec(entry)?.[1];
      const bin = join(parent, entry, 'bin');
      return major !== undefined && holds(bin, programs) ? [{ major: Number(major), bin }] : [];
    });
  });
  return (await Promise.all(found)).flat();
}

function inPath(path: string): string | undefined {
  const program = resolveProgram('postgres', path);
  return program === undefined ? undefined : dirname(program);
}

async function configured(path: string, signal: AbortSignal): Promise<string | undefined> {
  const program = resolveProgram('pg_config', path);
  if (program === undefined) return undefined;
  const { code, output } = await runAs([program, '--bindir'], { user: anybody(), cwd: '/', signal });
  return code === 0 ? output.trim() : undefined;
}

function holds(bin: string, programs: readonly string[]): boolean {
  return programs.every((program) => resolveProgram(join(bin, program), '') !== undefined);
}

function anybody(): UnixUser | undefined {
  return process.getuid?.() === 0 ? { name: 'nobody', uid: 65_534, gid: 65_534 } : undefined;
}
