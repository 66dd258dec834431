import type { Annotation, RolloutStatus } from '@islet/client/browser';
import { useState } from 'react';
import { useParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { durationText, figureText, percentText, shortNumber, UNKNOWN } from '../model/format.ts';
import { toneOf } from '../model/overview.ts';
import { recentDecisions } from '../model/recent.ts';
import { rolloutSteps, type Side, sideOf, sidesOf, steeringOf } from '../model/rollout.ts';
import { Chart } from '../parts/chart.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Link } from '../parts/link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';
import { Trouble } from './service/trouble.tsx';

/** One service's way from a revision to the next. */
export function RolloutPage() {
  const { service = '' } = useParams<{ service: string }>();
  const status = useStatus();
  const asked = useAsk('rollout', { service }, { on: status });
  useTitle(`Rollout of ${service}`);
  return (
    <Answered asked={asked} what={`the rollout of ${service}`}>
      {(rollout) => (
        <>
          <header className="page-head">
            <div className="head-row">
              <div>
                <h1>
                  <ToneMark tone={toneOf(rollout.state)} label={rollout.state} />{' '}
                  <Link href={`/services/${service}`}>{service}</Link> · rollout
                </h1>
                <p className="lead">{rollout.why}</p>
                <p className="facts">
                  <span>{rollout.strategy}</span>
                  {rollout.preview === undefined ? null : <Preview at={rollout.preview} />}
                  {rollout.bakesUntil === undefined ? null : (
                    <span>
                      watched until <Clock at={rollout.bakesUntil} />
                    </span>
                  )}
                </p>
              </div>
              <Steer rollout={rollout} />
            </div>
          </header>
          <Trouble service={service} />
          <Steps rollout={rollout} />
          <Comparison rollout={rollout} />
          <History rollout={rollout} />
        </>
      )}
    </Answered>
  );
}

function Steer({ rollout }: { readonly rollout: RolloutStatus }) {
  const { service, wanted } = rollout;
  const { isOpen, isPaused, canPromote, canAbort } = steeringOf(rollout);
  const steer = (action: 'pause' | 'resume' | 'promote' | 'abort', said: string) => async () => {
    await api.ask('steerRollout', { service, action });
    return said;
  };
  return (
    <div className="buttons">
      {isPaused ? (
        <Confirm
          verb="Go on"
          title="Go on with the rollout?"
          act={steer('resume', `The rollout of ${service} goes on`)}
        >
          <p>Takes the next step.</p>
        </Confirm>
      ) : (
        <Confirm
          verb="Pause"
          title="Pause the rollout?"
          disabled={!isOpen}
          act={steer('pause', `The rollout of ${service} pauses`)}
        >
          <p>Traffic stays shared as it is now, until it is told to go on.</p>
        </Confirm>
      )}
      <Confirm
        verb="Promote"
        title={`Promote ${wanted.slice(0, 7)} now?`}
        disabled={!canPromote}
        act={steer('promote', `All traffic of ${service} moves to ${wanted.slice(0, 7)}`)}
      >
        <p>Skips the steps that are left: all requests go to the new revision, whatever its figures say.</p>
      </Confirm>
      <Confirm
        verb="Abort"
        title="Abort the rollout?"
        danger
        disabled={!canAbort}
        act={steer('abort', `${service} goes back to ${rollout.stable?.slice(0, 7) ?? 'what it was'}`)}
      >
        <p>
          All requests go back to {rollout.stable?.slice(0, 7) ?? 'the revision before'} at once. The new one is not
          tried again until it is asked for again.
        </p>
      </Confirm>
    </div>
  );
}

/** How to ask for the new revision: an address, or what a request must carry. */
function Preview({ at }: { readonly at: string }) {
  return <span>previewed {/^https?:/.test(at) ? <a href={at}>at {at}</a> : `by ${at}`}</span>;
}

function Steps({ rollout }: { readonly rollout: RolloutStatus }) {
  const steps = rolloutSteps(rollout);
  if (steps.length === 0) return null;
  return (
    <ol className="steps" aria-label="Steps">
      {steps.map(({ percent, state }, index) => (
        <li
          key={`${index} ${percent}`}
          className={`step step-${state}`}
          aria-current={state === 'now' ? 'step' : undefined}
        >
          <strong>{percent} %</strong>
          <span>{state === 'done' ? 'passed' : state === 'now' ? 'now' : ''}</span>
        </li>
      ))}
    </ol>
  );
}

const LOOKED_MS = 30 * 60_000;
const NO_MARKS: readonly Annotation[] = [];

/** What decides: the new revision's requests against the old one's, over the same time. */
function Comparison({ rollout }: { readonly rollout: RolloutStatus }) {
  const { service, wanted, stable, fallback, evidence } = rollout;
  const now = useActivity(({ at }) => at);
  const old = stable === wanted ? fallback : stable;
  const [opened] = useState(Date.now);
  const to = Math.ceil((now ?? opened) / 5_000) * 5_000;
  const stretch = { from: to - LOOKED_MS, to, marks: NO_MARKS };
  const ask = { service, by: 'revision', from: to - LOOKED_MS, to };
  const requests = useAsk('metrics', { ...ask, name: 'requests' });
  const errors = useAsk('metrics', { ...ask, name: 'errors' });
  const p50 = useAsk('metrics', { ...ask, name: 'latency.p50' });
  const p95 = useAsk('metrics', { ...ask, name: 'latency.p95' });
  if (old === undefined) {
    return (
      <Empty title="There is no other revision to compare with">
        With the next deploy, old and new stand here side by side.
      </Empty>
    );
  }
  return (
    <section aria-labelledby="compare">
      <h2 id="compare">Old and new, over the last half hour</h2>
      {evidence === undefined ? null : <p className="lead">{evidence}</p>}
      <Answered asked={requests} what="what was measured">
        {({ series }) => {
          const measured = {
            requests: series,
            errors: errors.value?.series ?? [],
            p50: p50.value?.series ?? [],
            p95: p95.value?.series ?? [],
          };
          return (
            <div className="sides">
              <Sides old={sideOf(old, measured)} fresh={sideOf(wanted, measured)} />
              <Chart
                title="Errors/s"
                series={sidesOf(measured.errors, { old, wanted })}
                format={figureText}
                {...stretch}
              />
              <Chart title="p95" series={sidesOf(measured.p95, { old, wanted })} format={durationText} {...stretch} />
            </div>
          );
        }}
      </Answered>
    </section>
  );
}

function Sides({ old, fresh }: { readonly old: Side; readonly fresh: Side }) {
  const rows = [
    { name: 'Requests', show: ({ requests }: Side) => (requests === undefined ? UNKNOWN : shortNumber(requests)) },
    { name: 'Errors', show: ({ errorShare }: Side) => percentText(errorShare) },
    { name: 'Median', show: ({ p50 }: Side) => durationText(p50) },
    { name: 'p95', show: ({ p95 }: Side) => durationText(p95) },
  ];
  return (
    <TableBox label="Old and new">
      <table>
        <thead>
          <tr>
            <th scope="col">
              <span className="unseen">Figure</span>
            </th>
            <th scope="col" className="number">
              old <span className="id">{old.revision.slice(0, 7)}</span>
            </th>
            <th scope="col" className="number">
              new <span className="id">{fresh.revision.slice(0, 7)}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, show }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{show(old)}</td>
              <td className="number">{show(fresh)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableBox>
  );
}

function History({ rollout: { history } }: { readonly rollout: RolloutStatus }) {
  return (
    <section aria-labelledby="history" data-single>
      <h2 id="history">What was decided</h2>
      {history.length === 0 ? (
        <Empty title="Nothing yet" />
      ) : (
        <ol className="recent">
          {recentDecisions(history, 50).map(({ key, at, text, tone, times }) => (
            <li key={key}>
              <span className="recent-at">
                <Clock at={at} />
              </span>
              <span className={`tone-${tone}`}>{text}</span>
              {times > 1 ? <span className="muted">{times} times</span> : null}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}
