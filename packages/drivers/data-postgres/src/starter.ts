import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { isStarted } from '@islet/driver/server';
import type { Recovery } from './backup/backups.ts';
import { endedTooEarly } from './backup/restore-cluster.ts';
import { clusterFolder, makeCluster } from './cluster.ts';
import type { Credentials } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { noUser } from './failures.ts';
import { LIMITS, type PostgresOptions } from './options.ts';
import { programsToStart } from './programs.ts';
import { ENVIRONMENT } from './run-as.ts';
import { type PostgresServers, portWasTaken } from './server.ts';
import { serverArguments } from './settings.ts';
import { removeStaleLock } from './stale-lock.ts';
import type { Started } from './store.ts';

/** Makes clusters that are not there, and starts servers that don't run. */
export class Starter {
  readonly #options: PostgresOptions;
  readonly #servers: PostgresServers;

  constructor(options: PostgresOptions, servers: PostgresServers) {
    this.#options = options;
    this.#servers = servers;
  }

  /**
   * Starts what doesn't run, and waits. A server whose port a stranger took in the meantime ends at once, and is started
   * on another one.
   */
  async untilReady(credentials: Credentials, recovery: Recovery): Promise<Started | 'short'> {
    const { service } = credentials;
    for (let attempt = 1; ; attempt++) {
      const start = () => this.#ensureStarted(credentials, recovery);
      const { started, written } = await this.#servers.tryToStart(service, start, recovery);
      if (written === undefined) return started;
      if (endedTooEarly(written)) return 'short';
      if (!portWasTaken(written) || attempt === LIMITS.startAttempts) throw this.#servers.ended(service, written);
      const said = 'the port of a PostgreSQL server is taken: trying another one';
      this.#options.log.warn({ service, port: started.port }, said);
    }
  }

  async #ensureStarted(credentials: Credentials, { place, settings, server, signal }: Recovery): Promise<Started> {
    const servers = this.#servers;
    const { service } = credentials;
    const known = servers.records.get(service);
    if (servers.running(service) && isStarted(known)) return known;

    if (process.getuid?.() === 0 && !place.user) throw noUser(service, this.#options.supervisor.guarantees());
    const { bin, major, binaries } = await programsToStart(
      { credentials, place, server },
      { ...this.#options, signal },
    );
    await makeCluster(place, { bin, major, credentials, signal });
    const cluster = clusterFolder(place);
    await removeStaleLock(cluster);
    // On disk before the server listens there: whoever adopts it must find it.
    const started = { ...credentials, port: await servers.takePort(service), programs: { binaries, bin } };
    if (!isDeepStrictEqual(started, known)) await servers.records.write(started);
    failpoint('postgres: after the port');
    const words = serverArguments({ folder: cluster, service, port: started.port, more: settings });
    const argv = [join(bin, 'postgres'), ...words];
    await servers.start(started, { argv, cwd: cluster, env: ENVIRONMENT, user: place.user });
    failpoint('postgres: after the start');
    return started;
  }
}
