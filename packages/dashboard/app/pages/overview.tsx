import type { SystemStatus } from '@islet/client/browser';
import { memo } from 'react';
import { useActivity } from '../live/activity.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import {
  budgetText,
  bytesText,
  coresText,
  durationText,
  percentText,
  plural,
  rateText,
  UNKNOWN,
} from '../model/format.ts';
import { type OverviewLine, overviewLines, proofOf, verdictOf } from '../model/overview.ts';
import { useGrowing } from '../parts/growing.ts';
import { Link } from '../parts/link.tsx';
import { Recent } from '../parts/recent.tsx';
import { Spark } from '../parts/spark.tsx';
import { Empty, Waiting } from '../parts/states.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Ago } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';

export function OverviewPage() {
  const status = useStatus();
  useTitle(undefined);
  if (status === undefined) return <Waiting what="the system’s status" />;
  return <Overview status={status} />;
}

function Overview({ status }: { readonly status: SystemStatus }) {
  const activity = useActivity(({ services }) => services);
  const alerts = useActivity((view) => view.alerts);
  const backups = useAsk('backups', {}, { on: status.revision });
  const slos = useAsk('slos', {}, { on: alerts });
  const errors = useAsk('errorGroups', {}, { on: alerts });
  const all = overviewLines({
    services: status.services,
    activity,
    alerts,
    slos: slos.value,
    backups: backups.value,
    errors: errors.value,
  });
  const lines = useGrowing(all);
  return (
    <>
      <Head status={status} firing={alerts?.filter(({ state }) => state === 'firing').length ?? 0} />
      {lines.length === 0 ? (
        <Empty title="No service is asked for">
          <code>islet up</code> in the system’s folder makes its files true.
        </Empty>
      ) : (
        <TableBox label="Services">
          <table className="overview">
            <caption className="unseen">Services, one line each</caption>
            <thead>
              <tr>
                <th scope="col">Service</th>
                <th scope="col">Revision</th>
                <th scope="col" className="number">
                  Ready
                </th>
                <th scope="col" className="number">
                  Requests/s
                </th>
                <th scope="col" className="number">
                  Errors
                </th>
                <th scope="col" className="number">
                  p95
                </th>
                <th scope="col" className="number">
                  SLO budget
                </th>
                <th scope="col" className="number">
                  CPU
                </th>
                <th scope="col" className="number">
                  Memory
                </th>
                <th scope="col">Backup</th>
                <th scope="col" className="number">
                  Open errors
                </th>
              </tr>
            </thead>
            <tbody>
              {lines.map((line) => (
                <Line key={line.service.name} {...line} />
              ))}
            </tbody>
          </table>
        </TableBox>
      )}
      <Recent />
    </>
  );
}

function Head({ status, firing }: { readonly status: SystemStatus; readonly firing: number }) {
  const verdict = verdictOf(status.services);
  const instances = status.services.reduce((sum, { instances: { ready } }) => sum + ready, 0);
  return (
    <header className="page-head">
      <h1>
        <ToneMark tone={verdict.tone} /> {verdict.text}
      </h1>
      <p className="facts">
        {status.environment === undefined ? null : <span>{status.environment}</span>}
        <span>{plural(instances, 'instance')} ready</span>
        {status.gateway === undefined ? null : (
          <span>
            gateway <a href={status.gateway}>{status.gateway.replace(/^https?:\/\//, '')}</a>
          </span>
        )}
        {status.authority === undefined ? null : <span>its clients are to trust {status.authority}</span>}
        {firing === 0 ? null : (
          <Link href="/alerts" className="tone-bad">
            {plural(firing, 'alert')} firing
          </Link>
        )}
        {status.routed ? null : <span className="tone-warn">the proxy is being told new routes</span>}
      </p>
      {status.warnings.length === 0 ? null : (
        <details className="warnings">
          <summary>{plural(status.warnings.length, 'warning')}</summary>
          <ul>
            {status.warnings.map((warning) => (
              <li key={warning}>{warning}</li>
            ))}
          </ul>
        </details>
      )}
    </header>
  );
}

/** Drawn again only where something in it changed. */
const Line = memo(
  function Line({ service, tone, activity, slo, backup, openErrors, alerts }: OverviewLine) {
    const { name, state, why, revision, wanted, instances } = service;
    const proof = proofOf(backup);
    return (
      <tr>
        <th scope="row" className="cell-service">
          <Link href={`/services/${name}`}>
            <ToneMark tone={tone} label={state} /> {name}
          </Link>
          {alerts === 0 ? null : <span className="count tone-bad">{plural(alerts, 'alert')}</span>}
          {tone === 'good' ? null : (
            <span className="why" title={why}>
              {why}
            </span>
          )}
        </th>
        <td
          data-label="Revision"
          className={wanted !== undefined && wanted !== revision ? 'id revision revision-moving' : 'id revision'}
        >
          {wanted !== undefined && wanted !== revision ? (
            <Link href={`/services/${name}/rollout`}>
              {revision?.slice(0, 7) ?? 'none'} → {wanted.slice(0, 7)}
            </Link>
          ) : (
            (revision?.slice(0, 7) ?? UNKNOWN)
          )}
        </td>
        <td data-label="Ready" className={instances.ready < instances.desired ? 'number tone-warn' : 'number'}>
          {instances.ready}/{instances.desired}
        </td>
        <td data-label="Requests/s" className="number">
          {activity === undefined ? null : <Spark values={activity.spark} label={`requests of ${name} lately`} />}
          <span className="rate">{rateText(activity?.rate)}</span>
        </td>
        <td data-label="Errors" className={(activity?.errorRate ?? 0) > 0.01 ? 'number tone-bad' : 'number'}>
          {percentText(activity?.errorRate)}
        </td>
        <td data-label="p95" className="number">
          {durationText(activity?.p95)}
        </td>
        <td data-label="SLO budget" className={slo !== undefined && slo.budgetLeft <= 0 ? 'number tone-bad' : 'number'}>
          {slo === undefined ? UNKNOWN : budgetText(slo.budgetLeft)}
        </td>
        <td data-label="CPU" className="number">
          {coresText(activity?.cpu)}
        </td>
        <td data-label="Memory" className="number">
          {bytesText(activity?.memory)}
        </td>
        <td data-label="Backup" className="proof">
          {proof === undefined ? (
            <span className="muted">{UNKNOWN}</span>
          ) : (
            <Link href={`/services/${name}/data`} className={`tone-${proof.tone}`}>
              {proof.text} {proof.at === undefined ? null : <Ago at={proof.at} />}
            </Link>
          )}
        </td>
        <td data-label="Open errors" className="number">
          {openErrors === undefined ? (
            UNKNOWN
          ) : openErrors === 0 ? (
            <span className="muted">0</span>
          ) : (
            <Link href={`/errors?service=${name}`} className="tone-bad">
              {openErrors}
            </Link>
          )}
        </td>
      </tr>
    );
  },
  (before, next) => (Object.keys(next) as (keyof OverviewLine)[]).every((key) => Object.is(before[key], next[key])),
);
