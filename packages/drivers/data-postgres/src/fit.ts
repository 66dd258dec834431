import type { StoreLimits } from '@islet/driver';
import type { Client } from 'pg';
import { quoteName } from './names.ts';
import { LIMITS } from './options.ts';

/*
 * A server that fits what it is given. PostgreSQL knows no limit of its memory as a whole, only parts of it: buffers that all
 * processes share, and working memory that each process may take several times over. So the parts are chosen such that a service that
 * has all its connections open and sorts in each of them stays about there.
 *
 * They are kept by the server itself (`ALTER SYSTEM`), and so in its base backups: a copy that is restored was made with them. What it
 * reads only at its start holds from its next start on; nobody's connections are broken for it.
 */
const MB = 1024 * 1024;

/** Of a store whose file says nothing, and as every cluster begins. */
export const DEFAULT_LIMITS: StoreLimits = { memoryBytes: 64 * MB, connections: LIMITS.serviceConnections };

/** What of the server's own settings follows. A service's own settings win over them. */
export function fittingSettings({ memoryBytes, connections }: StoreLimits) {
  const buffers = Math.floor(memoryBytes / 4);
  return {
    // "A reasonable starting value is 25 %" (PostgreSQL's documentation, 19.4).
    shared_buffers: inMegabytes(buffers, 8),
    // Below 4 MB, PostgreSQL's own default, sorts go to the disk that need not.
    work_mem: inMegabytes((memoryBytes - buffers) / connections, 4),
    maintenance_work_mem: inMegabytes(memoryBytes / 8, 64),
    // Nothing is taken for it: what the planner may hope to find in memory, the machine's file cache included.
    effective_cache_size: inMegabytes((memoryBytes * 3) / 4, 512),
    max_connections: String(mostConnections(connections)),
  } as const;
}

/** Twice what a service may have open, since two of its logins hold while credentials are renewed; the rest is Islet's. */
export function mostConnections(connections: number): number {
  return 2 * connections + ISLETS_OWN;
}

/** Shells, backups, migrations and checks. */
const ISLETS_OWN = 10;

function inMegabytes(bytes: number, least: number): string {
  return `${Math.max(least, Math.floor(bytes / MB))}MB`;
}

/** Writes down what follows from the limits, but for what the service sets itself. True: not all of it holds before the next start. */
export async function fit(
  client: Client,
  limits: StoreLimits,
  own: Readonly<Record<string, string>>,
): Promise<boolean> {
  const wanted = fittingSettings(limits);
  for (const [name, value] of Object.entries(wanted)) {
    if (!(name in own)) await client.query(`ALTER SYSTEM SET ${quoteName(name)} = '${value}'`);
  }
  await client.query('SELECT pg_reload_conf()');
  const { rows } = await client.query<{ holds: boolean }>(
    `SELECT pg_size_bytes(current_setting('shared_buffers')) = pg_size_bytes($1)
        AND current_setting('max_connections') = $2 AS holds`,
    [wanted.shared_buffers, wanted.max_connections],
  );
  return rows[0]?.holds !== true;
}

/** What a service may have open of a server as it was started. */
export async function connectionsThatFit(client: Client): Promise<number> {
  const { rows } = await client.query<{ most: number }>("SELECT current_setting('max_connections')::int AS most");
  return Math.max(1, Math.floor(((rows[0]?.most ?? 0) - ISLETS_OWN) / 2));
}
