import type { Answer, ServiceStatus } from '@islet/client/browser';
import type { ReactNode } from 'react';
import { api, messageOf } from '../../live/api.ts';
import { type Asked, useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { storesOf } from '../../model/overview.ts';
import { Copies } from '../../parts/backup-copies.tsx';
import { BackupFacts } from '../../parts/backup-facts.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Answered, Empty } from '../../parts/states.tsx';
import { StoreCharts } from './store-charts.tsx';

/** A service's stores: their state, migrations, backups. */
export function DataTab({ service: { name, database, redis } }: { readonly service: ServiceStatus }) {
  const status = useStatus();
  const backups = useAsk('backups', {}, { on: status });
  const migrations = useAsk('migrations', { service: name }, { on: status?.revision, when: database !== undefined });
  if (database === undefined && redis === undefined) {
    return (
      <Empty title={`${name} keeps no data`}>
        With <code>database: postgres</code> in its file, it gets a server of its own.
      </Empty>
    );
  }
  return (
    <>
      <div className="panels">
        {database === undefined ? null : (
          <Store title="Database" store={database} buttons={<Rotate service={name} />}>
            <dt>Migrations</dt>
            <dd>
              <Migrations asked={migrations} />
            </dd>
          </Store>
        )}
        {redis === undefined ? null : <Store title="Redis" store={{ engine: 'redis', ...redis }} />}
        <Answered asked={backups} what="its backups">
          {(all) => {
            const own = all.filter(({ service }) => storesOf(name).includes(service));
            if (own.length === 0) return <Empty title="Nothing is known of its backups" />;
            return own.map((backup) => <BackupFacts key={backup.service} backup={backup} />);
          }}
        </Answered>
      </div>
      {isCounted(database) || redis !== undefined ? (
        <StoreCharts service={name} counted={isCounted(database) ? 'db.commits' : 'db.commands'} />
      ) : null}
      {backups.value
        ?.filter(({ service, state }) => storesOf(name).includes(service) && state === 'on')
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

function Store({
  title,
  store,
  buttons,
  children,
}: {
  readonly title: string;
  readonly buttons?: ReactNode;
  readonly store: Pick<NonNullable<ServiceStatus['database']>, 'engine' | 'state' | 'pid'>;
  readonly children?: ReactNode;
}) {
  const id = `store-${title.toLowerCase()}`;
  return (
    <section className="panel" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <dl className="facts-list">
        <dt>Engine</dt>
        <dd>{store.engine}</dd>
        <dt>State</dt>
        <dd>{store.state}</dd>
        {store.pid === undefined ? null : (
          <>
            <dt>Process</dt>
            <dd>{store.pid}</dd>
          </>
        )}
        {children}
      </dl>
      {buttons}
    </section>
  );
}

function Rotate({ service: name }: { readonly service: string }) {
  return (
    <div className="buttons panel-buttons">
      <Confirm
        verb="Rotate credentials"
        title={`Rotate the credentials of ${name}’s database?`}
        act={async () => {
          await api.ask('rotate', { service: name });
          return `${name} gets new credentials`;
        }}
      >
        <p>
          Makes new credentials beside the old ones, and replaces every instance by one that uses them. Once nothing has
          the old ones any more, they let nobody in.
        </p>
      </Confirm>
    </div>
  );
}

function Migrations({ asked }: { readonly asked: Asked<Answer<'migrations'>> }) {
  // That it has none is no failure of anything.
  if (asked.error?.code === 'conflict') return <span className="muted">{messageOf(asked.error)}</span>;
  return (
    <Answered asked={asked} what="its migrations">
      {(preview) =>
        preview.kind === 'refused' ? (
          <span className="tone-bad">
            {preview.migration}: {preview.reason}
          </span>
        ) : preview.migrations.length === 0 ? (
          'all are applied'
        ) : (
          `${preview.migrations.map(({ name }) => name).join(', ')} would run with the next deploy`
        )
      }
    </Answered>
  );
}
