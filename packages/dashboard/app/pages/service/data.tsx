import type { Answer, ServiceStatus } from '@islet/client/browser';
import { api, messageOf } from '../../live/api.ts';
import { type Asked, useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { Copies } from '../../parts/backup-copies.tsx';
import { BackupFacts } from '../../parts/backup-facts.tsx';
import { Confirm } from '../../parts/confirm.tsx';
import { Answered, Empty } from '../../parts/states.tsx';

/** A service's store: its state, its migrations, its backups. */
export function DataTab({ service: { name, database } }: { readonly service: ServiceStatus }) {
  const status = useStatus();
  const backups = useAsk('backups', {}, { on: status });
  const migrations = useAsk('migrations', { service: name }, { on: status?.revision, when: database !== undefined });
  if (database === undefined) {
    return (
      <Empty title={`${name} keeps no data`}>
        With <code>database: postgres</code> in its file, it gets a server of its own.
      </Empty>
    );
  }
  return (
    <>
      <div className="panels">
        <section className="panel" aria-labelledby="store">
          <h2 id="store">Database</h2>
          <dl className="facts-list">
            <dt>Engine</dt>
            <dd>{database.engine}</dd>
            <dt>State</dt>
            <dd>{database.state}</dd>
            {database.pid === undefined ? null : (
              <>
                <dt>Process</dt>
                <dd>{database.pid}</dd>
              </>
            )}
            <dt>Migrations</dt>
            <dd>
              <Migrations asked={migrations} />
            </dd>
          </dl>
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
                Makes new credentials beside the old ones, and replaces every instance by one that uses them. Once
                nothing has the old ones any more, they let nobody in.
              </p>
            </Confirm>
          </div>
        </section>
        <Answered asked={backups} what="its backups">
          {(all) => {
            const own = all.find(({ service }) => service === name);
            return own === undefined ? <Empty title="Nothing is known of its backups" /> : <BackupFacts backup={own} />;
          }}
        </Answered>
      </div>
      <Copies service={name} />
    </>
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
