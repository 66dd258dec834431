import type { ErrorGroup } from '@islet/client/browser';
import { useParams, useSearchParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { plural } from '../model/format.ts';
import type { Tone } from '../model/overview.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Filters } from '../parts/filters.tsx';
import { Link } from '../parts/link.tsx';
import { Spark } from '../parts/spark.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago, Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Chip } from '../parts/tone.tsx';

const TONES: Readonly<Record<ErrorGroup['state'], Tone>> = {
  open: 'bad',
  regressed: 'bad',
  resolved: 'good',
  ignored: 'idle',
};
const FIELDS = [
  { name: 'service', label: 'Service', kind: 'service' },
  { name: 'state', label: 'State', kind: 'choice', choices: ['open', 'regressed', 'resolved', 'ignored'] },
] as const;

const COLUMNS: readonly Column<ErrorGroup>[] = [
  {
    name: 'Error',
    kind: 'head',
    className: () => 'error-name',
    show: ({ group, type, message, culprit }) => (
      <>
        <Link href={`/errors/${group}`}>{type}</Link>
        <span className="why">{message}</span>
        {culprit === undefined ? null : <span className="why id">{culprit}</span>}
      </>
    ),
  },
  { name: 'Service', show: ({ service }) => <Link href={`/services/${service}`}>{service}</Link> },
  { name: 'State', show: ({ state }) => <Chip tone={TONES[state]}>{state}</Chip> },
  { name: 'Times', kind: 'number', show: ({ count }) => count.toLocaleString('en-GB') },
  { name: 'Last 24 h', show: ({ spark, type }) => <Spark values={spark} label={`${type} in the last 24 hours`} /> },
  { name: 'Last seen', show: ({ lastSeen }) => <Ago at={lastSeen} /> },
  { name: 'Since revision', kind: 'id', show: ({ firstRevision }) => firstRevision?.slice(0, 7) ?? 'not known' },
];

/** What went wrong, one line for each kind of it. */
export function ErrorsPage() {
  const { group } = useParams<{ group?: string }>();
  useTitle('Errors');
  return group === undefined ? <Groups /> : <Group group={group} />;
}

function Groups() {
  const [params] = useSearchParams();
  const service = params.get('service') ?? undefined;
  const state = params.get('state') ?? undefined;
  const asked = useAsk('errorGroups', { service, state }, { on: useActivity(({ at }) => at) });
  return (
    <>
      <header className="page-head">
        <h1>Errors</h1>
        <p className="lead">
          Exceptions of services, found in spans, logs and crashes. What comes from one place is one line.
        </p>
      </header>
      <Filters fields={FIELDS} />
      <Answered asked={asked} what="the errors">
        {(groups) =>
          groups.length === 0 ? (
            <Empty title="No error is known">{service === undefined ? null : `Of ${service}, that is.`}</Empty>
          ) : (
            <Table label="Table of errors" columns={COLUMNS} rows={groups} keyOf={({ group }) => group} />
          )
        }
      </Answered>
    </>
  );
}

function Group({ group }: { readonly group: string }) {
  const asked = useAsk('errorGroup', { group }, { on: useActivity(({ at }) => at) });
  const mark = (state: 'resolved' | 'ignored' | 'open', said: string) => async () => {
    await api.ask('markErrorGroup', { group, state });
    asked.again();
    return said;
  };
  return (
    <Answered asked={asked} what="the error">
      {({
        type,
        message,
        service,
        state,
        count,
        firstSeen,
        lastSeen,
        culprit,
        firstRevision,
        revisions,
        instances,
        traces,
        sample,
      }) => (
        <>
          <header className="page-head">
            <div className="head-row">
              <div>
                <h1>{type}</h1>
                <p className="lead">{message}</p>
                <p className="facts">
                  <Link href={`/services/${service}`}>{service}</Link>
                  <Chip tone={TONES[state]}>{state}</Chip>
                  <span>{plural(count, 'time')}</span>
                  {culprit === undefined ? null : <code>{culprit}</code>}
                </p>
              </div>
              <div className="buttons">
                {state === 'resolved' || state === 'ignored' ? (
                  <Confirm verb="Open again" title="Open it again?" act={mark('open', 'It is open again')}>
                    <p>It counts among the open errors from now on.</p>
                  </Confirm>
                ) : (
                  <>
                    <Confirm verb="Resolve" title="Is it resolved?" act={mark('resolved', 'It is resolved')}>
                      <p>Should it come back in a newer revision, it is shown as regressed.</p>
                    </Confirm>
                    <Confirm verb="Ignore" title="Ignore it?" act={mark('ignored', 'It is ignored')}>
                      <p>It is counted on, and no longer shown as open.</p>
                    </Confirm>
                  </>
                )}
              </div>
            </div>
          </header>
          <div className="panels">
            <section className="panel" aria-labelledby="when">
              <h2 id="when">Since when</h2>
              <dl className="facts-list">
                <dt>First seen</dt>
                <dd>
                  <Clock at={firstSeen} /> in <code>{firstRevision?.slice(0, 10) ?? 'a revision not known'}</code>
                </dd>
                <dt>Last seen</dt>
                <dd>
                  <Ago at={lastSeen} />
                </dd>
                <dt>Revisions</dt>
                <dd className="id">{revisions.map((one) => one.slice(0, 7)).join(', ')}</dd>
                <dt>Instances</dt>
                <dd className="id">{instances.join(', ')}</dd>
              </dl>
            </section>
            <section className="panel" aria-labelledby="in">
              <h2 id="in">Traces with it</h2>
              {traces.length === 0 ? (
                <p className="muted">None is kept.</p>
              ) : (
                <ul>
                  {traces.map((trace) => (
                    <li key={trace}>
                      <Link href={`/traces/${trace}`} className="id">
                        {trace}
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
            </section>
          </div>
          {sample === undefined ? null : (
            <section aria-labelledby="sample">
              <h2 id="sample">One of them</h2>
              <pre className="log-tail">{sample.stack}</pre>
              {sample.logsAround.length === 0 ? null : (
                <>
                  <h2>Logs around it</h2>
                  <pre className="log-tail">{sample.logsAround.join('\n')}</pre>
                </>
              )}
              <dl className="facts-list sample-attributes">
                {Object.entries(sample.attributes).map(([name, value]) => (
                  <div key={name} className="attribute">
                    <dt className="id">{name}</dt>
                    <dd className="id">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
                  </div>
                ))}
              </dl>
            </section>
          )}
        </>
      )}
    </Answered>
  );
}
