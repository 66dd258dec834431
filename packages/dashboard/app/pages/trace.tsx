import type { Answer } from '@islet/client/browser';
import { useParams, useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { durationText, plural } from '../model/format.ts';
import { compareTraces, waterfallOf } from '../model/waterfall.ts';
import { Link } from '../parts/link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
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

type Difference = ReturnType<typeof compareTraces>[number];

const DIFFERENCES: readonly Column<Difference>[] = [
  { name: 'Step', kind: 'head', show: ({ name }) => name },
  { name: 'Service', show: ({ service }) => service },
  { name: 'This one', kind: 'number', className: ({ mine }) => toneOfSum(mine), show: ({ mine }) => sumText(mine) },
  {
    name: 'The other',
    kind: 'number',
    className: ({ other }) => toneOfSum(other),
    show: ({ other }) => sumText(other),
  },
  {
    name: 'Difference',
    kind: 'number',
    show: ({ byMs }) => `${byMs === 0 ? '' : byMs > 0 ? '+' : '−'}${durationText(Math.abs(byMs))}`,
  },
];

function toneOfSum(sum: Difference['mine']): string | undefined {
  return (sum?.errors ?? 0) > 0 ? 'tone-bad' : undefined;
}

function Comparison({ mine, other }: { readonly mine: Trace; readonly other: Trace }) {
  const steps = compareTraces(mine.spans, other.spans);
  return (
    <section aria-labelledby="compared">
      <h2 id="compared">What is different</h2>
      <Table
        label="Table of differences"
        columns={DIFFERENCES}
        rows={steps}
        keyOf={({ service, name }) => `${service} ${name}`}
      />
    </section>
  );
}

function sumText(sum: Difference['mine']): string {
  if (sum === undefined) return 'not there';
  const { count, ms } = sum;
  return count === 1 ? durationText(ms) : `${count} × ${durationText(ms / count)}`;
}
