import type { Alert, ErrorGroup } from '@islet/client/browser';
import { useActivity } from '../../live/activity.ts';
import { useAsk } from '../../live/ask.ts';
import { plural } from '../../model/format.ts';
import { Link } from '../../parts/link.tsx';
import { Ago } from '../../parts/time.tsx';
import { ToneMark } from '../../parts/tone.tsx';

const SHOWN = 3;

/** What fires of a service, and what it throws since which revision: cause and effect without a search. Nothing where all is well. */
export function Trouble({ service }: { readonly service: string }) {
  const alerts = useActivity((view) => view.alerts);
  const firing = alerts?.filter((alert) => alert.service === service && alert.state === 'firing') ?? [];
  const asked = useAsk('errorGroups', { service }, { on: alerts });
  const errors = asked.value?.filter(({ state }) => state === 'open' || state === 'regressed') ?? [];
  if (firing.length === 0 && errors.length === 0) return null;
  return (
    <section className="trouble" aria-label={`Trouble of ${service}`}>
      {firing.map((alert) => (
        <Firing key={alert.id} alert={alert} />
      ))}
      {errors.slice(0, SHOWN).map((group) => (
        <Thrown key={group.group} group={group} />
      ))}
      {errors.length > SHOWN ? (
        <Link href={`/errors?service=${service}`} className="muted">
          and {plural(errors.length - SHOWN, 'more error')}
        </Link>
      ) : null}
    </section>
  );
}

function Firing({ alert: { id, summary, why, since } }: { readonly alert: Alert }) {
  return (
    <p>
      <ToneMark tone="bad" label="firing" />{' '}
      <Link href={`/alerts/${id}`} className="trouble-what">
        {summary}
      </Link>{' '}
      <span className="muted">
        since <Ago at={since} />. {why}
      </span>
    </p>
  );
}

function Thrown({ group }: { readonly group: ErrorGroup }) {
  const { group: id, type, message, count, firstRevision, firstSeen, state } = group;
  return (
    <p>
      <ToneMark tone="bad" label={state} />{' '}
      <Link href={`/errors/${id}`} className="trouble-what">
        {type}: {message}
      </Link>{' '}
      <span className="muted">
        {plural(count, 'time')}, first <Ago at={firstSeen} />
        {firstRevision === undefined ? null : (
          <>
            {' '}
            in <code>{firstRevision.slice(0, 7)}</code>
          </>
        )}
      </span>
    </p>
  );
}
