import { isDeepStrictEqual } from 'node:util';
import type { Recovery } from './backup/backups.ts';
import { endedTooEarly } from './backup/restore-cluster.ts';
import { clusterFolder, makeCluster } from './cluster.ts';
import type { Credentials, CredentialsFolder } from './credentials.ts';
import { failpoint } from './failpoint.ts';
import { endedAtStart, noUser, strangerInside } from './failures.ts';
import { processName } from './names.ts';
import { LIMITS, type PostgresOptions } from './options.ts';
import { programsToStart } from './programs.ts';
import { logSize, portWasTaken, readLog, runningServer, startServer, untilReady } from './server.ts';
import { removeStaleLock } from './stale-lock.ts';
import { isStarted, type Started, superuserConfig } from './store.ts';

/** What the driver lends for it. */
interface Inside {
  readonly credentials: CredentialsFolder;
  readonly logOf: (service: string) => string;
}

/** Makes clusters that are not there, and starts servers that don't run. */
export class Starter {
  readonly #options: PostgresOptions;
  readonly #inside: Inside;

  constructor(options: PostgresOptions, inside: Inside) {
    this.#options = options;
    this.#inside = inside;
  }

  /**
   * Starts what doesn't run, and waits. A server whose port a stranger took in the meantime ends at once, and is started
   * on another one.
   */
  async untilReady(credentials: Credentials, recovery: Recovery): Promise<Started | 'short'> {
    const { signal, withinMs } = recovery;
    const { supervisor, log } = this.#options;
    const { service } = credentials;
    for (let attempt = 1; ; attempt++) {
      const logFrom = await logSize(this.#inside.logOf(service));
      const started = await this.#ensureStarted(credentials, recovery);
      const isAlive = () => runningServer(supervisor, service) !== undefined;
      const readiness = await untilReady(superuserConfig(started), { isAlive, withinMs, signal });
      if (readiness === 'ready') return started;
      if (readiness === 'rejected') throw strangerInside(service);
      const written = await readLog(this.#inside.logOf(service), logFrom);
      if (endedTooEarly(written)) return 'short';
      if (!portWasTaken(written) || attempt === LIMITS.startAttempts) throw endedAtStart(service, written);
      log.warn({ service, port: started.port }, 'the port of a PostgreSQL server is taken: trying another one');
    }
  }

  async #ensureStarted(credentials: Credentials, { place, settings, server, signal }: Recovery): Promise<Started> {
    const { supervisor, ports, log } = this.#options;
    const { service } = credentials;
    const known = this.#inside.credentials.get(service);
    if (runningServer(supervisor, service) && isStarted(known)) return known;

    if (process.getuid?.() === 0 && !place.user) throw noUser(service, supervisor.guarantees());
    const { bin, major, binaries } = await programsToStart(
      { credentials, place, server },
      { ...this.#options, signal },
    );
    await makeCluster(place, { bin, major, credentials, signal });
    await removeStaleLock(clusterFolder(place));
    // On disk before the server listens there: whoever adopts it must find it.
    const started = { ...credentials, port: await ports.take(processName(service)), programs: { binaries, bin } };
    if (!isDeepStrictEqual(started, known)) await this.#inside.credentials.write(started);
    failpoint('postgres: after the port');
    await startServer(supervisor, {
      service,
      cluster: clusterFolder(place),
      bin,
      port: started.port,
      user: place.user,
      log: this.#inside.logOf(service),
      settings,
    });
    failpoint('postgres: after the start');
    log.info({ service, port: started.port }, 'PostgreSQL server started');
    return started;
  }
}
