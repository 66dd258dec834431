import type { Alert, Slo } from '@islet/client/browser';
import { useState } from 'react';
import { useParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { budgetText, durationText } from '../model/format.ts';
import type { Tone } from '../model/overview.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Link } from '../parts/link.tsx';
import { Recent } from '../parts/recent.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Chip, ToneMark } from '../parts/tone.tsx';

const TONES: Readonly<Record<Alert['state'], Tone>> = {
  firing: 'bad',
  acknowledged: 'warn',
  silenced: 'idle',
  resolved: 'good',
};

/** What needs somebody, and how much of each objective's budget is left; with an alert in the address, that one. */
export function AlertsPage() {
  const { alert: id } = useParams<{ alert?: string }>();
  const pushed = useActivity((view) => view.alerts);
  const asked = useAsk('alerts', {}, { on: pushed });
  useTitle('Alerts');
  return (
    <>
      <header className="page-head">
        <h1>{id === undefined ? 'Alerts' : 'Alert'}</h1>
        {id === undefined ? null : (
          <p className="facts">
            <Link href="/alerts">all alerts</Link>
          </p>
        )}
      </header>
      <Answered asked={asked} what="the alerts">
        {(alerts) =>
          id === undefined ? (
            <AllAlerts alerts={alerts} again={asked.again} />
          ) : (
            <OneAlert alert={alerts.find((one) => one.id === id)} again={asked.again} />
          )
        }
      </Answered>
      {id === undefined ? <Objectives /> : null}
    </>
  );
}

function AllAlerts({ alerts, again }: { readonly alerts: readonly Alert[]; readonly again: () => void }) {
  if (alerts.length === 0) {
    return (
      <Empty title="Nothing fires, and nothing fired">
        Alerts on restart loops, disk, certificates and late backups are there by themselves; those on objectives come
        with <code>telemetry.slo</code> in a service’s file.
      </Empty>
    );
  }
  return (
    <ol className="alerts">
      {alerts.map((alert) => (
        <AlertCard key={alert.id} alert={alert} again={again} />
      ))}
    </ol>
  );
}

/** With what may have brought it beside it. */
function OneAlert({ alert, again }: { readonly alert: Alert | undefined; readonly again: () => void }) {
  if (alert === undefined) return <Empty title="This alert is not kept any more" />;
  const { service } = alert;
  return (
    <>
      <ol className="alerts">
        <AlertCard alert={alert} again={again} />
      </ol>
      {service === undefined ? null : (
        <>
          <p className="facts alert-ways">
            <Link href={`/services/${service}`}>signals of {service}</Link>
            <Link href={`/services/${service}/rollout`}>its rollout</Link>
            <Link href={`/traces?service=${service}&status=error`}>failed traces</Link>
            <Link href={`/logs?service=${service}&level=warn`}>its warnings</Link>
          </p>
          <Recent service={service} />
        </>
      )}
    </>
  );
}

function AlertCard({ alert, again }: { readonly alert: Alert; readonly again: () => void }) {
  const { id, service, severity, state, since, endedAt, summary, why, help, link } = alert;
  const isOver = state === 'resolved';
  return (
    <li className={isOver ? 'panel alert alert-over' : 'panel alert'}>
      <div>
        <p className="alert-summary">
          <ToneMark tone={TONES[state]} label={state} /> <Link href={link}>{summary}</Link>
        </p>
        <p>{why}</p>
        {isOver ? null : <p className="muted">→ {help}</p>}
        <p className="facts">
          <span>{severity}</span>
          {service === undefined ? null : <Link href={`/services/${service}`}>{service}</Link>}
          <span>
            {state}, since <Ago at={since} />
            {endedAt === undefined ? null : (
              <>
                {' '}
                until <Ago at={endedAt} />
              </>
            )}
          </span>
        </p>
      </div>
      {isOver ? null : (
        <div className="buttons">
          <Confirm
            verb="Acknowledge"
            title="Acknowledge it?"
            disabled={state === 'acknowledged'}
            act={async () => {
              await api.ask('markAlert', { id, acknowledge: true });
              again();
              return 'It is acknowledged';
            }}
          >
            <p>Says that somebody looks after it: nobody is told of it again until it is over.</p>
          </Confirm>
          <Silence id={id} again={again} />
        </div>
      )}
    </li>
  );
}

function Silence({ id, again }: { readonly id: string; readonly again: () => void }) {
  const [hours, setHours] = useState('4');
  return (
    <Confirm
      verb="Silence"
      title="Silence it?"
      act={async () => {
        await api.ask('markAlert', { id, silenceUntil: Date.now() + Number(hours) * 3_600_000 });
        again();
        return `It is silent for ${hours} h`;
      }}
    >
      <p>It is looked at on, and nobody is told.</p>
      <label className="field">
        <span>Hours</span>
        <input
          type="number"
          min="1"
          max="168"
          required
          value={hours}
          onChange={({ target }) => setHours(target.value)}
        />
      </label>
    </Confirm>
  );
}

function Objectives() {
  const slos = useAsk('slos', {}, { on: useActivity(({ alerts }) => alerts) });
  return (
    <section aria-labelledby="objectives">
      <h2 id="objectives">Objectives</h2>
      <Answered asked={slos} what="the objectives">
        {(all) =>
          all.length === 0 ? (
            <Empty title="No service declares an objective" />
          ) : (
            <Table
              label="Table of objectives"
              columns={OBJECTIVES}
              rows={all}
              keyOf={({ service, name }) => `${service} ${name}`}
            />
          )
        }
      </Answered>
    </section>
  );
}

const OBJECTIVES: readonly Column<Slo>[] = [
  { name: 'Service', kind: 'head', show: ({ service }) => <Link href={`/services/${service}`}>{service}</Link> },
  {
    name: 'Objective',
    show: ({ name, objective, windowMs }) => `${name} ${objective} % over ${durationText(windowMs)}`,
  },
  {
    name: 'Reached',
    kind: 'number',
    show: ({ good, total }) => (total === 0 ? 'no requests' : `${((100 * good) / total).toFixed(3)} %`),
  },
  {
    name: 'Budget left',
    kind: 'number',
    className: ({ budgetLeft }) => (budgetLeft <= 0 ? 'tone-bad' : undefined),
    show: ({ budgetLeft }) => (
      <>
        <Budget left={budgetLeft} /> {budgetText(budgetLeft)}
      </>
    ),
  },
  {
    name: 'Spent so many times too fast',
    className: () => 'wide',
    show: ({ burn }) =>
      burn.map(({ window, rate, threshold, firing }) => (
        <Chip key={window} tone={firing ? 'bad' : 'idle'}>
          {rate.toFixed(1)} in {window} <span className="muted">(of {threshold})</span>{' '}
        </Chip>
      )),
  },
];

function Budget({ left }: { readonly left: number }) {
  const width = 60 * Math.min(1, Math.max(0, left));
  return (
    <svg width="60" height="6" aria-hidden="true" className="budget">
      <rect width="60" height="6" rx="3" className="fill-ground" />
      <rect width={width} height="6" rx="3" className={left < 0.25 ? 'fill-bad' : 'fill-series'} />
    </svg>
  );
}
