import type { Answer } from '@islet/client/browser';
import { api } from '../live/api.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { plural } from '../model/format.ts';
import { planGroups } from '../model/plan.ts';
import { Confirm } from '../parts/confirm.tsx';
import { Link } from '../parts/link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';

/** What making the files true would do now, step by step. */
export function PlanPage() {
  const status = useStatus();
  const environment = status?.environment;
  const asked = useAsk('plan', environment === undefined ? {} : { environment }, {
    on: status?.revision,
    when: status !== undefined,
  });
  useTitle('Plan');
  return (
    <>
      <header className="page-head">
        <div className="head-row">
          <div>
            <h1>Plan</h1>
            <p className="lead">
              What <code>islet up</code> would do with the files as they are now. It was worked out by the same function
              that carries it out, and nothing was changed for it.
            </p>
          </div>
          <div className="buttons">
            <button type="button" className="button" onClick={asked.again} disabled={asked.isAsking}>
              Look again
            </button>
            <Confirm
              verb="Make it true"
              title="Make the files true?"
              main
              disabled={asked.value === undefined}
              act={async () => {
                const { changed, warnings } = await api.ask('apply', environment === undefined ? {} : { environment });
                return [changed ? 'It is under way' : 'Everything already is as the files say', ...warnings].join('. ');
              }}
            >
              <p>Takes these steps for all services, as islet up does.</p>
            </Confirm>
          </div>
        </div>
      </header>
      <Answered asked={asked} what="the plan">
        {(plan) => <Steps plan={plan} />}
      </Answered>
    </>
  );
}

function Steps({ plan }: { readonly plan: Answer<'plan'> }) {
  const groups = planGroups(plan);
  return (
    <>
      {plan.warnings.map((warning) => (
        <p key={warning} className="stale">
          {warning}
        </p>
      ))}
      {groups.length === 0 ? (
        <Empty title="Nothing to do">Everything is as the files say.</Empty>
      ) : (
        <ol className="plan">
          {groups.map(({ service, steps, blocked }) => (
            <li key={service} className="panel">
              <h2>
                {service === '' ? 'the system' : <Link href={`/services/${service}`}>{service}</Link>}{' '}
                <span className="muted">{steps.length === 0 ? 'is blocked' : plural(steps.length, 'step')}</span>
              </h2>
              {blocked.map((why) => (
                <p key={why} className="tone-warn">
                  <ToneMark tone="warn" /> {why}
                </p>
              ))}
              <ol className="plan-steps">
                {steps.map(({ kind, text, order }) => (
                  <li key={order}>
                    <span className="plan-order">{order}</span>
                    <span className="plan-kind">{kind}</span>
                    <span>{text}</span>
                  </li>
                ))}
              </ol>
            </li>
          ))}
        </ol>
      )}
      {plan.unchanged.length === 0 ? null : <p className="lead">Stays as it is: {plan.unchanged.join(', ')}.</p>}
    </>
  );
}
