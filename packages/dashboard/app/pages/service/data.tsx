import type { ServiceStatus } from '@islet/client/browser';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { storesOf } from '../../model/overview.ts';
import { Copies } from '../../parts/backup-copies.tsx';
import { BackupFacts } from '../../parts/backup-facts.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { Migrations } from './migrations.tsx';
import { StoreCharts } from './store-charts.tsx';
import { Rotate, Seed, Store } from './store-panel.tsx';
import { foldersOf, Volumes } from './volumes.tsx';

/** A service's stores: their state, migrations, volumes, backups. */
export function DataTab({ service: { name, database, redis } }: { readonly service: ServiceStatus }) {
  const status = useStatus();
  const backups = useAsk('backups', {}, { on: status });
  const described = useAsk('describe', { service: name }, { on: status?.revision });
  const has = database !== undefined || redis !== undefined;
  const stores = useAsk('storeStatus', { service: name }, { on: status, when: has });
  const values = described.value?.values ?? [];
  const folders = foldersOf(values);
  const own = backups.value?.filter(({ service }) => storesOf(name).includes(service)) ?? [];
  if (!has && folders.length === 0 && described.value !== undefined) {
    return (
      <Empty title={`${name} keeps no data`}>
        With <code>database: postgres</code> in its file it gets a server of its own, and with{' '}
        <code>volumes: [uploads]</code> folders that stay.
      </Empty>
    );
  }
  const told = (store: 'database' | 'redis') => stores.value?.find((one) => one.store === store);
  // Beside the store that it is of.
  const backupOf = (store: string) =>
    own
      .filter(({ service }) => service === store)
      .map((backup) => <BackupFacts key={store} backup={backup} again={backups.again} />);
  return (
    <>
      <div className="panels">
        {database === undefined ? null : (
          <Store title="Database" store={database} told={told('database')}>
            <Rotate service={name} />
            {values.some(({ path }) => path.startsWith('database.seed')) ? <Seed service={name} /> : null}
          </Store>
        )}
        {backupOf(name)}
        {redis === undefined ? null : (
          <Store title="Redis" store={{ engine: 'redis', ...redis }} told={told('redis')} />
        )}
        {backupOf(`${name}.redis`)}
        {folders.length === 0 ? null : (
          <Volumes folders={folders} values={values} backup={own.find(({ engine }) => engine === 'files')} />
        )}
        {backupOf(`${name}.files`)}
      </div>
      {backups.value === undefined ? (
        <Answered asked={backups} what="its backups">
          {() => null}
        </Answered>
      ) : null}
      {database === undefined ? null : <Migrations service={name} />}
      {isCounted(database) || redis !== undefined ? (
        <StoreCharts service={name} counted={isCounted(database) ? 'db.commits' : 'db.commands'} />
      ) : null}
      {own
        .filter(({ state }) => state === 'on')
        .map(({ service }) => (
          <Copies key={service} service={service} />
        ))}
    </>
  );
}

/** A file has nobody who counts, and an outside store is not asked. */
function isCounted(database: ServiceStatus['database']): boolean {
  return database?.engine === 'postgres' || database?.engine === 'mariadb';
}
