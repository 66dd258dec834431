import type { TraceSummary } from '@islet/client/browser';
import { useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { durationText, plural } from '../model/format.ts';
import { Filters } from '../parts/filters.tsx';
import { Found } from '../parts/found.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { StretchChoice, useStretch } from '../parts/stretch.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';
import { TraceScatter } from './trace-scatter.tsx';

const FIELDS = [
  { name: 'service', label: 'Service', kind: 'service' },
  { name: 'route', label: 'Route', kind: 'text' },
  { name: 'minMs', label: 'At least, ms', kind: 'number' },
  { name: 'maxMs', label: 'At most, ms', kind: 'number' },
  { name: 'status', label: 'Outcome', kind: 'choice', choices: ['ok', 'error'] },
  { name: 'attribute', label: 'Attribute, key=value', kind: 'text' },
  { name: 'revision', label: 'Revision', kind: 'text' },
] as const;

const LIMIT = 100;

/** Traces that match, the newest first, as a cloud and as a list. */
export function TracesPage() {
  const [params] = useSearchParams();
  const { from, to } = useStretch();
  const given = Object.fromEntries(FIELDS.map(({ name }) => [name, params.get(name) ?? undefined]));
  const asked = useAsk('traces', { ...given, from, to, limit: LIMIT });
  useTitle('Traces');
  return (
    <>
      <header className="page-head">
        <h1>Traces</h1>
        <p className="lead">
          Errors, slow requests and whatever Islet decided something about are all kept; of the rest, samples.
        </p>
      </header>
      <Filters fields={FIELDS}>
        <StretchChoice />
      </Filters>
      <Answered asked={asked} what="the traces">
        {({ traces, gaps, looked }) =>
          traces.length === 0 ? (
            <Empty title="No trace matches">
              {Object.values(given).some((value) => value !== undefined)
                ? 'Fewer filters or a longer time may find some.'
                : 'The first request through the proxy makes one.'}
            </Empty>
          ) : (
            <>
              <TraceScatter traces={traces} from={from} to={to} />
              <Found gaps={gaps} looked={looked} />
              <TraceTable traces={traces} />
            </>
          )
        }
      </Answered>
    </>
  );
}

function TraceTable({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [, go] = useLocation();
  const [one, other] = chosen;
  const slowest = Math.max(...traces.map(({ totalMs }) => totalMs));
  return (
    <>
      <div className="compare-bar">
        <button
          type="button"
          className="button"
          disabled={other === undefined}
          onClick={() => go(`/traces/${one}?with=${other}`)}
        >
          Compare two
        </button>
        <span className="muted">
          {chosen.length === 0 ? 'Mark two to compare them.' : `${plural(chosen.length, 'trace')} marked`}
        </span>
      </div>
      <TableBox label="Table of traces">
        <table className="traces">
          <thead>
            <tr>
              <th scope="col">
                <span className="unseen">Mark</span>
              </th>
              <th scope="col">Begun</th>
              <th scope="col">Request</th>
              <th scope="col" className="number">
                Took
              </th>
              <th scope="col">
                <span className="unseen">Length</span>
              </th>
              <th scope="col">Through</th>
              <th scope="col" className="number">
                Spans
              </th>
              <th scope="col">Kept as</th>
            </tr>
          </thead>
          <tbody>
            {traces.map(({ trace, at, totalMs, root, services, spans, errors, kept }) => (
              <tr key={trace}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Mark ${root.name} of ${new Date(at).toLocaleTimeString('en-GB')}`}
                    checked={chosen.includes(trace)}
                    onChange={({ target: { checked } }) =>
                      setChosen(checked ? [...chosen, trace].slice(-2) : chosen.filter((id) => id !== trace))
                    }
                  />
                </td>
                <td className="muted">
                  <Clock at={at} />
                </td>
                <th scope="row">
                  <Link href={`/traces/${trace}`}>
                    <ToneMark tone={errors > 0 ? 'bad' : 'good'} label={errors > 0 ? 'failed' : 'well'} /> {root.name}
                  </Link>{' '}
                  <span className="muted">{root.service}</span>
                </th>
                <td className="number">{durationText(totalMs)}</td>
                <td className="length">
                  <svg width="90" height="6" aria-hidden="true">
                    <rect
                      width={Math.max(1, (90 * totalMs) / slowest)}
                      height="6"
                      rx="1"
                      className={errors > 0 ? 'fill-bad' : 'fill-series'}
                    />
                  </svg>
                </td>
                <td>{services.join(' → ')}</td>
                <td className="number">{spans}</td>
                <td className="muted">{kept}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </>
  );
}
