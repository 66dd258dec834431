import { join } from 'node:path';
import { type Accepted, ApiError, type MigrationPreview } from '@islet/client';
import { parseSystem } from '@islet/spec';
import { nodeFiles } from '@islet/spec/node';
import { declaredStores } from '../declared-stores.ts';
import type { AppliedService } from '../store/applied.ts';
import type { System } from '../system.ts';
import type { Handlers } from './server.ts';
import { storeStatus } from './store-status.ts';

/** What is asked of one service's store. */
export function databaseHandlers(
  system: System,
  {
    wanted,
    restart,
  }: { wanted: (service: string) => AppliedService; restart: (service: string, text: string) => Accepted },
): Pick<Handlers, 'database' | 'query' | 'seed' | 'migrations' | 'rotate' | 'storeStatus'> {
  const { parts, hands } = system;
  const { clock } = parts;
  const { decisions } = parts.state;
  /** The store that is meant: the database where there is one, unless it is said. */
  const storeOf = (service: string, which?: 'database' | 'redis' | undefined) => {
    const { spec } = wanted(service);
    const engine = which === 'redis' ? undefined : spec.database?.engine;
    const redis = which === 'database' || spec.redis === undefined ? undefined : 'redis';
    const driver = hands.driverOf(engine ?? redis);
    if (driver !== undefined) return { spec, driver, engine: driver.engine };
    const what = which === 'redis' ? 'Redis' : 'database';
    const hint = which === 'redis' ? 'declare one: redis: cache' : 'declare one: database: postgres';
    throw new ApiError('conflict', `${service} declares no ${what}`, { hint });
  };

  const shellOf = (service: string, which?: 'database' | 'redis' | undefined) => {
    const { engine, driver } = storeOf(service, which);
    if (driver.shell !== undefined) return driver.shell;
    throw new ApiError('conflict', `Islet speaks no language of ${engine}`, { hint: 'use its own tools' });
  };

  /** Where the migrations and the like lie in the service's own folder, as its file says now: what the next revision is made of. */
  const sourceOf = (service: string) => {
    const environment = parts.state.applied.current()?.environment;
    const parsed = parseSystem(nodeFiles(parts.folder), environment === undefined ? {} : { environment });
    if (parsed.kind === 'errors')
      throw new ApiError('invalid-spec', 'the files have mistakes', { errors: parsed.errors });
    const spec = parsed.spec.services.find(({ name }) => name === service);
    const folder = join(parts.folder, spec?.folder ?? '');
    return { within: folder, database: spec?.database };
  };

  return {
    database: async ({ params: { service = '' }, query: { store } }) => {
      const { engine, driver } = storeOf(service, whichOf(store));
      const { url, maxConnections: _shared, ...parts } = await driver.connection({ service });
      const known = Object.entries(parts).filter(([, part]) => part !== undefined);
      return { engine, url, ...Object.fromEntries(known) };
    },
    storeStatus: ({ params: { service = '' }, signal }) => storeStatus(system, wanted(service).spec, signal),
    query: async ({ params: { service = '' }, body: { store, text, write }, signal }) => {
      const answer = await shellOf(service, store).run({ service, text, write }, { signal });
      if (write) decisions.record({ kind: 'note', text: `wrote into the database of ${service} by hand` }, clock.now());
      if (answer.kind !== 'rows') return answer;
      return { ...answer, columns: [...answer.columns], rows: answer.rows.map((row) => [...row]) };
    },
    seed: async ({ params: { service = '' }, body: { force }, signal }) => {
      const environment = parts.state.applied.current()?.environment;
      if (environment !== undefined && !force) {
        const hint = 'if that is what you mean: --force';
        throw new ApiError(
          'conflict',
          `${service} runs in the environment ${environment}: its data is not for seeding`,
          { hint },
        );
      }
      const shell = shellOf(service, 'database');
      const { within, database } = sourceOf(service);
      if (database?.seed === undefined)
        throw new ApiError('conflict', `${service} declares no seed`, { hint: 'database: { seed: seeds }' });
      if (database.seed.kind === 'command') return database.seed;
      const outcome = await shell.seed({ service, folder: join(within, database.seed.folder), within }, { signal });
      decisions.record({ kind: 'note', text: `seeded the database of ${service}` }, clock.now());
      return outcome.kind === 'seeded' ? { kind: 'seeded', files: [...outcome.files] } : outcome;
    },
    rotate: async ({ params: { service = '' }, signal }) => {
      const { spec } = wanted(service);
      const renewed = declaredStores(spec).flatMap(({ engine }) => hands.driverOf(engine)?.credentials ?? []);
      if (renewed.length === 0) {
        const [message, hint] = WITHOUT_PASSWORD[spec.database?.engine ?? 'none'];
        throw new ApiError('conflict', `${service} ${message}`, { hint });
      }
      for (const credentials of renewed) await credentials.rotate({ service }, { signal });
      return restart(service, `db rotate ${service}`);
    },
    migrations: async ({ params: { service = '' }, signal }) => {
      const { driver } = storeOf(service, 'database');
      const { within, database } = sourceOf(service);
      const { migrations, migrate } = database ?? {};
      if (migrate !== undefined) return byCommand(migrate.command);
      if (migrations === undefined) throw new ApiError('conflict', `${service} declares no migrations`);
      const folder = join(within, migrations);
      const preview = await driver.previewMigrations({ service, folder, within }, { signal });
      if (preview.kind === 'refused') return preview;
      return {
        kind: 'pending',
        migrations: preview.migrations.map(({ name, inTransaction, hazards, unread }) => ({
          name,
          inTransaction,
          hazards: hazards.map((hazard) => ({ ...hazard })),
          ...(unread === undefined ? {} : { unread }),
        })),
      };
    },
  };
}

/** Nobody but the command knows what it would do. */
function byCommand(name: string): MigrationPreview {
  const unread = "the service's own command does what it does: ask it, with DATABASE_URL of `islet db url`";
  return { kind: 'pending', migrations: [{ name, inTransaction: false, hazards: [], unread }] };
}

const WITHOUT_PASSWORD = {
  none: ['declares no store', 'declare one: database: postgres'],
  postgres: ['has a database that gives no passwords', undefined],
  mariadb: ['has a database that gives no passwords', undefined],
  sqlite: ['keeps its data in a file, which has no password', undefined],
  external: ['is on an outside server: Islet gives it no password', 'set the secret that holds its URL anew'],
} as const;

function whichOf(store: string | undefined): 'database' | 'redis' | undefined {
  return store === 'database' || store === 'redis' ? store : undefined;
}
