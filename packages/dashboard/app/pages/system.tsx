import type { Answer, SystemStatus } from '@islet/client/browser';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { Secrets, SetSecret } from '../parts/secrets.tsx';
import { Answered, Empty, Waiting } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Chip } from '../parts/tone.tsx';
import { Rewind, StopAll } from './system-actions.tsx';
import { Sessions } from './system-sessions.tsx';

/** What is of no one service: this machine, the secrets, who is logged in, and what is done to all at once. */
export function SystemPage() {
  const status = useStatus();
  useTitle('System');
  if (status === undefined) return <Waiting what="the system’s status" />;
  return <System status={status} />;
}

function System({ status }: { readonly status: SystemStatus }) {
  const secrets = useAsk('secrets', {}, { on: status.revision });
  const diagnosis = useAsk('diagnose', {}, { on: status.revision });
  const { system, folder, environment, version, processes, warnings } = status;
  return (
    <>
      <header className="page-head">
        <div className="head-row">
          <div>
            <h1>{system}</h1>
            <p className="facts">
              <span>{environment ?? 'no environment'}</span>
              <span>Islet {version}</span>
              <code>{folder}</code>
            </p>
          </div>
          <div className="buttons">
            <Rewind system={system} />
            <StopAll system={system} />
          </div>
        </div>
        {warnings.map((warning) => (
          <p key={warning} className="stale">
            {warning}
          </p>
        ))}
      </header>
      <div className="panels">
        <section className="panel" aria-labelledby="processes">
          <h2 id="processes">Processes</h2>
          <dl className="facts-list">
            <dt>Control plane</dt>
            <dd>
              {processes.controlPlane.pid}, started <Ago at={processes.controlPlane.startedAt} />
            </dd>
            <dt>Proxy</dt>
            <dd>{processes.proxy?.pid ?? 'is not there'}</dd>
            <dt>Keeper</dt>
            <dd>{processes.keeper?.pid ?? 'is not there'}</dd>
          </dl>
        </section>
        <Sessions />
      </div>
      <section aria-labelledby="secrets">
        <div className="head-row section-head">
          <h2 id="secrets">Secrets</h2>
          <SetSecret again={secrets.again} />
        </div>
        <Answered asked={secrets} what="the secrets">
          {(all) =>
            all.length === 0 ? (
              <Empty title="No secret is set">
                A service names one in its file: <code>{'STRIPE_KEY: { secret: stripe-key }'}</code>
              </Empty>
            ) : (
              <Secrets secrets={all} again={secrets.again} isWhole />
            )
          }
        </Answered>
      </section>
      <section aria-labelledby="machine">
        <h2 id="machine">This machine</h2>
        <Answered asked={diagnosis} what="what this machine has">
          {(found) => <Machine diagnosis={found} />}
        </Answered>
      </section>
    </>
  );
}

type Diagnosis = Answer<'diagnose'>;

function Machine({ diagnosis: { guarantees, toolchains, notes } }: { readonly diagnosis: Diagnosis }) {
  return (
    <div className="stack">
      <Table label="Guarantees" columns={GUARANTEES} rows={guarantees} keyOf={({ name }) => name} />
      {toolchains.length === 0 ? null : (
        <Table label="Toolchains" columns={TOOLCHAINS} rows={toolchains} keyOf={({ program }) => program} />
      )}
      {notes.map((note) => (
        <p key={note} className="muted">
          {note}
        </p>
      ))}
    </div>
  );
}

const GUARANTEES: readonly Column<Diagnosis['guarantees'][number]>[] = [
  { name: 'Guarantee', kind: 'head', show: ({ name }) => name },
  { name: 'Holds', show: ({ held }) => <Chip tone={held ? 'good' : 'warn'}>{held ? 'yes' : 'no'}</Chip> },
  { name: 'Why not', className: () => 'wide', show: ({ reason }) => reason ?? '' },
];

const TOOLCHAINS: readonly Column<Diagnosis['toolchains'][number]>[] = [
  { name: 'Toolchain', kind: 'head', show: ({ program }) => program },
  {
    name: 'Here',
    show: ({ path, version }) =>
      path === undefined ? <Chip tone="warn">missing</Chip> : <Chip tone="good">{version ?? 'yes'}</Chip>,
  },
  { name: 'Needed by', show: ({ neededBy }) => neededBy.join(', ') },
  { name: 'Where', className: () => 'id wide', show: ({ path, hint }) => path ?? hint ?? '' },
];
