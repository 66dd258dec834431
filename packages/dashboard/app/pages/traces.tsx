import type { TraceSummary } from '@islet/client/browser';
import { useMemo, useState } from 'react';
import { useLocation, useSearchParams } from 'wouter';
import { useAsk } from '../live/ask.ts';
import { durationText, plural } from '../model/format.ts';
import { Filters } from '../parts/filters.tsx';
import { Found } from '../parts/found.tsx';
import { Link } from '../parts/link.tsx';
import { Answered, Empty } from '../parts/states.tsx';
import { StretchChoice, useStretch } from '../parts/stretch.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';
import { ToneMark } from '../parts/tone.tsx';
import { TraceScatter } from './trace-scatter.tsx';

const FIELDS = [
  { name: 'service', label: 'Service', kind: 'service' },
  { name: 'route', label: 'Route', kind: 'text' },
  { name: 'minMs', label: 'At least, ms', kind: 'number' },
  { name: 'maxMs', isRare: true, label: 'At most, ms', kind: 'number' },
  { name: 'status', label: 'Outcome', kind: 'choice', choices: ['ok', 'error'] },
  { name: 'attribute', isRare: true, label: 'Attribute, key=value', kind: 'text' },
  { name: 'revision', isRare: true, label: 'Revision', kind: 'text' },
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

interface Marking {
  readonly slowest: number;
  readonly chosen: readonly string[];
  readonly setChosen: (chosen: readonly string[]) => void;
}

function columnsOf({ slowest, chosen, setChosen }: Marking): readonly Column<TraceSummary>[] {
  return [
    {
      name: 'Mark',
      isUnseen: true,
      className: () => 'mark-cell',
      show: ({ trace, at, root }) => (
        <input
          type="checkbox"
          aria-label={`Mark ${root.name} of ${new Date(at).toLocaleTimeString('en-GB')}`}
          checked={chosen.includes(trace)}
          onChange={({ target: { checked } }) =>
            setChosen(checked ? [...chosen, trace].slice(-2) : chosen.filter((id) => id !== trace))
          }
        />
      ),
    },
    {
      name: 'Request',
      kind: 'head',
      show: ({ trace, root, errors }) => (
        <>
          <Link href={`/traces/${trace}`}>
            <ToneMark tone={errors > 0 ? 'bad' : 'good'} label={errors > 0 ? 'failed' : 'well'} /> {root.name}
          </Link>{' '}
          <span className="muted">{root.service}</span>
        </>
      ),
    },
    { name: 'Begun', className: () => 'muted', show: ({ at }) => <Clock at={at} /> },
    { name: 'Took', kind: 'number', show: ({ totalMs }) => durationText(totalMs) },
    {
      name: 'Length',
      isUnseen: true,
      className: () => 'length',
      show: ({ totalMs, errors }) => (
        <svg width="90" height="6" aria-hidden="true">
          <rect
            width={Math.max(1, (90 * totalMs) / slowest)}
            height="6"
            rx="1"
            className={errors > 0 ? 'fill-bad' : 'fill-series'}
          />
        </svg>
      ),
    },
    { name: 'Through', className: () => 'wide', show: ({ services }) => services.join(' → ') },
    { name: 'Spans', kind: 'number', className: () => 'spans', show: ({ spans }) => spans },
    { name: 'Kept as', className: () => 'muted', show: ({ kept }) => kept },
  ];
}

function TraceTable({ traces }: { readonly traces: readonly TraceSummary[] }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [, go] = useLocation();
  const [one, other] = chosen;
  const slowest = Math.max(...traces.map(({ totalMs }) => totalMs));
  const columns = useMemo(() => columnsOf({ slowest, chosen, setChosen }), [slowest, chosen]);
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
      <Table label="Table of traces" columns={columns} rows={traces} keyOf={({ trace }) => trace} className="traces" />
    </>
  );
}
