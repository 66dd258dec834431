import { join } from 'node:path';
import { DriverError, type StoreServer, type StoreUpgrade } from '@islet/driver';
import { makeOwnedFolder, removeOwnedFolder } from '@islet/driver/owned-folder';
import { runAs } from '@islet/supervise';
import { type ClusterPlace, DUMP } from './cluster.ts';
import { clusterVersion } from './cluster-version.ts';
import { type Credentials, loginOf } from './credentials.ts';
import { dumpTools } from './machine-programs.ts';
import type { PostgresOptions } from './options.ts';
import { type Finding, findPrograms, lastServer, lookFor, type Place, type Programs } from './programs.ts';
import { ENVIRONMENT } from './run-as.ts';
import type { Started } from './store.ts';

/*
 * PostgreSQL reads no data of another major version, but what `pg_dump` writes of one, `psql` writes into any newer. Both act as the
 * service, in the database and on the machine: what is in a dump is the service's to say, and psql runs commands that a dump names.
 *
 * The dump is a file, and not a pipe between two servers: the old store keeps its name and its user as long as it runs, and whoever is
 * killed in between begins anew with nothing but that file to remove.
 */

/** What the driver lends for it. */
export interface UpgradeParts {
  readonly options: Pick<PostgresOptions, 'path'>;
  readonly credentialsOf: (service: string) => Credentials | undefined;
  readonly started: (service: string) => Started;
  readonly placeOf: (service: string) => Promise<ClusterPlace>;
  readonly folderOf: (service: string) => Pick<ClusterPlace, 'folder'>;
}

export function createUpgrade(parts: UpgradeParts): StoreUpgrade {
  const { path } = parts.options;
  const run = async (service: string, argv: readonly [string, ...string[]], signal: AbortSignal) => {
    const { user } = await parts.placeOf(service);
    const { password } = loginOf(parts.started(service));
    const env = { ...ENVIRONMENT, PGPASSWORD: password };
    const { code, output } = await runAs(argv, { user, cwd: '/', env, signal });
    if (code !== 0) throw toolFailed(argv[0], output);
  };
  const toolsFor = async (service: string, { made, asked }: Versions, finding: Finding) => {
    const servers = [lastServer(parts.credentialsOf(service)), SYSTEM];
    const tools = chooseTools({ made, asked }, await toolsAt(servers, finding));
    if (tools === undefined) throw cannot(service, { made, asked, ...noTools({ made, asked }) });
    return tools.bin;
  };
  const versionOf = async (service: string) => {
    const made = await clusterVersion(parts.folderOf(service));
    if (made === undefined) throw new DriverError('not-found', `${service} has no PostgreSQL server`);
    return made;
  };
  return {
    missing: async ({ service, server }, { signal }) => {
      const made = await clusterVersion(parts.folderOf(service));
      if (made === undefined || server?.version === undefined) return undefined;
      const there = { old: lastServer(parts.credentialsOf(service)), new: server };
      const trouble = await troubleOf({ made, asked: server.version, there }, { path, signal });
      return trouble && cannot(service, { made, asked: server.version, ...trouble });
    },
    write: async ({ service, server }, { signal }) => {
      const place = await parts.placeOf(service);
      const made = await versionOf(service);
      const bin = await toolsFor(service, { made, asked: server?.version ?? made }, { path, signal });
      const folder = join(place.folder, DUMP);
      await removeOwnedFolder(folder);
      await makeOwnedFolder(folder, place.user);
      const words = ['--no-owner', '--no-privileges', '--format=plain', `--file=${join(folder, FILE)}`];
      await run(service, [join(bin, 'pg_dump'), ...connection(parts.started(service)), ...words], signal);
    },
    read: async ({ service, from }, { signal }) => {
      const versions = { made: await versionOf(from), asked: await versionOf(service) };
      const bin = await toolsFor(from, versions, { path, signal });
      const file = join(parts.folderOf(from).folder, DUMP, FILE);
      const words = ['--no-psqlrc', '--quiet', '--single-transaction', '--set=ON_ERROR_STOP=1', `--file=${file}`];
      // The planner knows nothing yet of what was just read.
      const analyze = '--command=ANALYZE';
      await run(service, [join(bin, 'psql'), ...connection(parts.started(service)), ...words, analyze], signal);
    },
    forget: async ({ service }) => removeOwnedFolder(join(parts.folderOf(service).folder, DUMP)),
  };
}

/** Wherever a server is from, its tools may be the machine's. */
const SYSTEM: StoreServer = { version: undefined, binaries: 'system' };

const FILE = 'dump.sql';

interface Versions {
  readonly made: number;
  readonly asked: number;
}

/** Of a server's age or newer, and no newer than the one that is to read it; the newest of those. */
export function chooseTools({ made, asked }: Versions, found: readonly Programs[]): Programs | undefined {
  return found.filter(({ major }) => major >= made && major <= asked).toSorted((a, b) => b.major - a.major)[0];
}

function noTools({ made, asked }: Versions) {
  return {
    reason: `pg_dump and psql of PostgreSQL ${made} to ${asked} are not installed`,
    hint: `apt-get install postgresql-client-${made}`,
  };
}

type Trouble = { readonly reason: string; readonly hint: string };

async function troubleOf(
  { made, asked, there }: Versions & { readonly there: { readonly old: Place; readonly new: StoreServer } },
  finding: Finding,
): Promise<Trouble | undefined> {
  if (asked < made) return { reason: 'a copy goes to a newer version only', hint: `write version: ${made}` };
  for (const [server, version] of [
    [there.old, made],
    [there.new, asked],
  ] as const) {
    const choice = await lookFor({ ...server, version, made: undefined }, finding);
    if (choice.kind === 'missing') return choice;
  }
  const tools = chooseTools({ made, asked }, await toolsAt([there.old, SYSTEM], finding));
  return tools === undefined ? noTools({ made, asked }) : undefined;
}

async function toolsAt(servers: readonly StoreServer[], finding: Finding): Promise<readonly Programs[]> {
  const places = new Set(servers.map(({ binaries }) => binaries));
  const found = await Promise.all([...places].map((binaries) => findPrograms(binaries, finding)));
  return dumpTools(found.flat());
}

function connection(server: Started): readonly string[] {
  const { login } = loginOf(server);
  return [
    '--no-password',
    '--host=127.0.0.1',
    `--port=${server.port}`,
    `--username=${login}`,
    `--dbname=${server.name}`,
  ];
}

function cannot(service: string, { made, asked, reason, hint }: Versions & Trouble): DriverError {
  return new DriverError(
    'refused',
    `the data of ${service} is of PostgreSQL ${made}, and can't be copied to ${asked}: ${reason}`,
    {
      hint,
    },
  );
}

/** A tool's own complaint, without what it quotes of the data after it. */
function toolFailed(program: string, output: string): DriverError {
  const complaint =
    output.split('\n').find((line) => /\b(error|ERROR|FATAL|fatal):/.test(line)) ?? output.trim().split('\n').at(-1);
  const code = /no space left/i.test(output) ? 'no-space' : 'refused';
  return new DriverError(code, `${program} failed: ${complaint ?? 'it left no word'}`);
}
