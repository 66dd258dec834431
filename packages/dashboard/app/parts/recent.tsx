import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { recentDecisions } from '../model/recent.ts';
import { Link } from './link.tsx';
import { Answered, Empty } from './states.tsx';
import { Clock } from './time.tsx';

/** What was asked for and decided lately, the newest first; of all services or of one. */
export function Recent({ service, limit = 12 }: { readonly service?: string; readonly limit?: number }) {
  const status = useStatus();
  // A decision always shows in the status too: its change is the sign to ask again.
  const asked = useAsk('decisions', service === undefined ? {} : { service }, { on: status });
  return (
    <section aria-labelledby="recent" data-single={service !== undefined || undefined}>
      <h2 id="recent">What changed lately</h2>
      <Answered asked={asked} what="what was decided">
        {(decisions) =>
          decisions.length === 0 ? (
            <Empty title="Nothing was asked for or decided yet" />
          ) : (
            <ol className="recent">
              {recentDecisions(decisions, limit).map(({ key, at, service: about, text, tone, times }) => (
                <li key={key} className={`recent-${tone}`}>
                  <span className="recent-at">
                    <Clock at={at} />
                  </span>
                  {service !== undefined ? null : (
                    <span className="recent-service">
                      {about === undefined ? 'system' : <Link href={`/services/${about}`}>{about}</Link>}
                    </span>
                  )}
                  <span className={`tone-${tone}`}>{text}</span>
                  {times > 1 ? <span className="muted">{times} times</span> : null}
                </li>
              ))}
            </ol>
          )
        }
      </Answered>
    </section>
  );
}
