import type { Answer } from '@islet/client/browser';
import { Link, useParams, useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { durationText, plural } from '../model/format.ts';
import { compareTraces, waterfallOf } from '../model/waterfall.ts';
import { Answered, Empty } from '../parts/states.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { Lines } from './waterfall.tsx';

type Trace = Answer<'trace'>;

/** One request through everything that it touched; with another beside it, what is different. */
export function TracePage() {
  const { trace = '' } = useParams<{ trace: string }>();
  const [params, setParams] = useSearchParams();
  const other = params.get('with') ?? '';
  const asked = useAsk('trace', { trace });
  const compared = useAsk('trace', { trace: other }, { when: other !== '' });
  useTitle(`Trace ${trace.slice(0, 8)}`);
  return (
    <Answered asked={asked} what="the trace">
      {(found) =>
        found.spans.length === 0 ? (
          <Empty title="Nothing is kept of this trace">
            It may be older than what is kept, or one of the many that nothing was remarkable about. A trace that was
            just begun shows within seconds: load the page again.
          </Empty>
        ) : (
          <>
            <Head trace={found} />
            <Waterfall trace={found} />
            {other === '' ? null : (
              <Answered asked={compared} what="the other trace">
                {(second) => (
                  <>
                    <Comparison mine={found} other={second} />
                    <div className="compare-bar">
                      <button type="button" className="button" onClick={() => setParams({})}>
                        End the comparison
                      </button>
                    </div>
                    <h2>
                      The other: <Link href={`/traces/${other}`}>{other.slice(0, 8)}</Link>
                    </h2>
                    <Waterfall trace={second} />
                  </>
                )}
              </Answered>
            )}
          </>
        )
      }
    </Answered>
  );
}

function Head({ trace: found }: { readonly trace: Trace }) {
  const { trace, spans } = found;
  const [line] = waterfallOf(found).lines;
  const first = line?.kind === 'span' ? line.span : undefined;
  const failed = spans.filter(({ status }) => status === 'error').length;
  if (first === undefined) return null;
  const services = new Set(spans.map(({ service }) => service));
  return (
    <header className="page-head">
      <h1>{first.name}</h1>
      <p className="facts">
        <span>
          <Clock at={first.at} />
        </span>
        <span>{durationText(Math.max(...spans.map(({ endAt }) => endAt)) - first.at)}</span>
        <span>{plural(spans.length, 'span')}</span>
        <span>{plural(services.size, 'service')}</span>
        {failed === 0 ? null : <span className="tone-bad">{plural(failed, 'failed span')}</span>}
        <code>{trace}</code>
        <Link href={`/logs?trace=${trace}`}>its logs</Link>
      </p>
    </header>
  );
}

function Waterfall({ trace }: { readonly trace: Trace }) {
  const { totalMs, lines } = waterfallOf(trace);
  return <Lines lines={lines} totalMs={totalMs} />;
}

function Comparison({ mine, other }: { readonly mine: Trace; readonly other: Trace }) {
  const steps = compareTraces(mine.spans, other.spans);
  return (
    <section aria-labelledby="compared">
      <h2 id="compared">What is different</h2>
      <TableBox label="Table of differences">
        <table>
          <thead>
            <tr>
              <th scope="col">Step</th>
              <th scope="col">Service</th>
              <th scope="col" className="number">
                This one
              </th>
              <th scope="col" className="number">
                The other
              </th>
              <th scope="col" className="number">
                Difference
              </th>
            </tr>
          </thead>
          <tbody>
            {steps.map(({ name, service, mine: left, other: right, byMs }) => (
              <tr key={`${service} ${name}`}>
                <th scope="row">{name}</th>
                <td>{service}</td>
                <td className={left?.errors ? 'number tone-bad' : 'number'}>
                  {left === undefined ? 'not there' : sumText(left)}
                </td>
                <td className={right?.errors ? 'number tone-bad' : 'number'}>
                  {right === undefined ? 'not there' : sumText(right)}
                </td>
                <td className="number">
                  {byMs >= 0 ? '+' : '−'}
                  {durationText(Math.abs(byMs))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableBox>
    </section>
  );
}

function sumText({ count, ms }: { readonly count: number; readonly ms: number }): string {
  return count === 1 ? durationText(ms) : `${count} × ${durationText(ms / count)}`;
}
