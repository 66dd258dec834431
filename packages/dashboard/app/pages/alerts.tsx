import type { Alert, Slo } from '@islet/client/browser';
import { useState } from 'react';
import { Link, useParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { budgetText, durationText } from '../model/format.ts';
import type { Tone } from '../model/overview.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Recent } from '../parts/recent.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { TableBox } from '../parts/table-box.tsx';
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
          all.length === 0 ? <Empty title="No service declares an objective" /> : <ObjectiveTable slos={all} />
        }
      </Answered>
    </section>
  );
}

function ObjectiveTable({ slos }: { readonly slos: readonly Slo[] }) {
  return (
    <TableBox label="Table of objectives">
      <table>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">Objective</th>
            <th scope="col" className="number">
              Reached
            </th>
            <th scope="col" className="number">
              Budget left
            </th>
            <th scope="col">Burn rates</th>
          </tr>
        </thead>
        <tbody>
          {slos.map(({ service, name, objective, windowMs, good, total, budgetLeft, burn }) => (
            <tr key={`${service} ${name}`}>
              <th scope="row">
                <Link href={`/services/${service}`}>{service}</Link>
              </th>
              <td>
                {name} {objective} % over {durationText(windowMs)}
              </td>
              <td className="number">{total === 0 ? 'no requests' : `${((100 * good) / total).toFixed(3)} %`}</td>
              <td className={budgetLeft <= 0 ? 'number tone-bad' : 'number'}>
                <Budget left={budgetLeft} /> {budgetText(budgetLeft)}
              </td>
              <td>
                {burn.map(({ window, rate, threshold, firing }) => (
                  <Chip key={window} tone={firing ? 'bad' : 'idle'}>
                    {rate.toFixed(1)} of {threshold} in {window}{' '}
                  </Chip>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function Budget({ left }: { readonly left: number }) {
  const width = 60 * Math.min(1, Math.max(0, left));
  return (
    <svg width="60" height="6" aria-hidden="true" className="budget">
      <rect width="60" height="6" rx="3" className="fill-ground" />
      <rect width={width} height="6" rx="3" className={left < 0.25 ? 'fill-bad' : 'fill-series'} />
    </svg>
  );
}
