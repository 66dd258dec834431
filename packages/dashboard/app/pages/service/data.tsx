import type { ServiceStatus } from '@islet/client/browser';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { Copies } from '../../parts/backup-copies.tsx';
import { BackupFacts } from '../../parts/backup-facts.tsx';
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
              <Answered asked={migrations} what="its migrations">
                {(preview) =>
                  preview.kind === 'refused' ? (
                    <span className="tone-bad">
                      {preview.migration}: {preview.reason}
                    </span>
                  ) : preview.migrations.length === 0 ? (
                    'all are applied'
                  ) : (
                    `${preview.migrations.map(({ name: file }) => file).join(', ')} would run with the next deploy`
                  )
                }
              </Answered>
            </dd>
          </dl>
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
