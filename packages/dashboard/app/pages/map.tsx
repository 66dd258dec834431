import type { EdgeActivity, ServiceStatus } from '@islet/client/browser';
import { memo, useDeferredValue, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { useActivity } from '../live/activity.ts';
import { useAsk } from '../live/ask.ts';
import { useStatus } from '../live/status.ts';
import { durationText, percentText, plural, rateText } from '../model/format.ts';
import { layoutMap, NODE, type Point, pathOf } from '../model/map-layout.ts';
import { type Tone, toneOf } from '../model/overview.ts';
import { Link } from '../parts/link.tsx';
import { Empty, Failure, Waiting } from '../parts/states.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { TableBox } from '../parts/table-box.tsx';
import { Clock } from '../parts/time.tsx';
import { useTitle } from '../parts/title.ts';

const WINDOW_MS = 60_000;
const BACK_MS = 24 * 3_600_000;
const STEP_MS = 60_000;
/** A map shrinks to what is there, and not below this many pixels: `map-wide` in the style. */
const LEGIBLE_WIDTH = 760;

/** Who calls whom, now or at any minute of the last day. */
export function MapPage() {
  const [params, setParams] = useSearchParams();
  const at = params.get('at') === null ? undefined : Number(params.get('at'));
  const live = useActivity(({ edges }) => edges);
  const past = useAsk(
    'edges',
    { ...(at === undefined ? {} : { at }), windowMs: WINDOW_MS },
    { when: at !== undefined || live === undefined },
  );
  const known = at === undefined ? (live ?? past.value?.edges) : past.value?.edges;
  // A person's own calls are drawn while they are made.
  const drawn = useMemo(() => known?.filter(({ caller, rate }) => caller !== 'operator' || rate > 0), [known]);
  // What is pushed each second is drawn between what a person does.
  const edges = useDeferredValue(drawn, undefined);
  useTitle('Map');
  const travel = (next: number | undefined) =>
    setParams(next === undefined ? {} : { at: String(next) }, { replace: true });
  return (
    <>
      <header className="page-head">
        <h1>Map</h1>
        <p className="lead">Who calls whom, and how that goes: requests in each second, 95th percentile, errors.</p>
      </header>
      <TimeTravel at={at} onTravel={travel} />
      {edges === undefined ? (
        past.error === undefined ? (
          <Waiting what="the calls" />
        ) : (
          <Failure error={past.error} again={past.again} />
        )
      ) : (
        <Graph edges={edges} isNow={at === undefined} />
      )}
    </>
  );
}

function TimeTravel({
  at,
  onTravel,
}: {
  readonly at: number | undefined;
  readonly onTravel: (at: number | undefined) => void;
}) {
  const [opened] = useState(() => Math.floor(Date.now() / STEP_MS) * STEP_MS);
  return (
    <div className="travel">
      <label className="field">
        <span>{at === undefined ? 'Now' : <Clock at={at} />}</span>
        <input
          type="range"
          aria-label="Moment that is shown"
          aria-valuetext={at === undefined ? 'now' : new Date(at).toLocaleTimeString('en-GB')}
          min={opened - BACK_MS}
          max={opened}
          step={STEP_MS}
          value={at ?? opened}
          onChange={({ target: { valueAsNumber } }) => onTravel(valueAsNumber >= opened ? undefined : valueAsNumber)}
        />
      </label>
      <button type="button" className="button" disabled={at === undefined} onClick={() => onTravel(undefined)}>
        Now
      </button>
    </div>
  );
}

function Graph({ edges, isNow }: { readonly edges: readonly EdgeActivity[]; readonly isNow: boolean }) {
  const services = useStatus()?.services ?? [];
  const shape = [...edges.map(({ caller, callee }) => `${caller}>${callee}`), ...services.map(({ name }) => name)].join(
    ' ',
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: places depend on who calls whom, and not on how much.
  const layout = useMemo(
    () =>
      layoutMap(
        edges,
        services.map(({ name }) => name),
      ),
    [shape],
  );
  if (layout.nodes.length === 0) {
    return (
      <Empty title="There is nothing to draw yet">
        A service says in <code>uses</code> whom it calls; the map fills with the first request.
      </Empty>
    );
  }
  const byPair = new Map(edges.map((edge) => [`${edge.caller}>${edge.callee}`, edge]));
  const states = new Map(services.map(({ name, state }) => [name, state]));
  return (
    <>
      <TableBox label="Map" className="map-box panel">
        <svg
          width={layout.width}
          height={layout.height}
          viewBox={`0 0 ${layout.width} ${layout.height}`}
          className={layout.width > LEGIBLE_WIDTH ? 'map map-wide' : 'map'}
          aria-label="Map of calls"
        >
          <defs>
            {(['idle', 'warn', 'bad'] as const).map((tone) => (
              <marker
                key={tone}
                id={`arrow-${tone}`}
                viewBox="0 0 8 8"
                refX="8"
                refY="4"
                markerWidth="8"
                markerHeight="8"
                markerUnits="userSpaceOnUse"
                orient="auto"
              >
                <path d="M0 0.5L8 4L0 7.5z" className={`arrow-${tone}`} />
              </marker>
            ))}
          </defs>
          {layout.links.map(({ edge: { caller, callee }, points }) => {
            const edge = byPair.get(`${caller}>${callee}`);
            return edge === undefined ? null : <EdgeLine key={`${caller}>${callee}`} edge={edge} points={points} />;
          })}
          {layout.links.map(({ edge: { caller, callee }, label }) => {
            const edge = byPair.get(`${caller}>${callee}`);
            return edge === undefined ? null : <EdgeLabel key={`${caller}>${callee}`} edge={edge} at={label} />;
          })}
          {layout.nodes.map((node) => {
            const isService = states.has(node.name);
            const state = isNow ? states.get(node.name) : undefined;
            return <Node key={node.name} node={node} isService={isService} state={state} />;
          })}
        </svg>
      </TableBox>
      <EdgeTable edges={edges} />
    </>
  );
}

interface NodeProps {
  readonly node: { readonly name: string; readonly x: number; readonly y: number };
  readonly isService: boolean;
  readonly state: ServiceStatus['state'] | undefined;
}

const Node = memo(function Node({ node: { name, x, y }, isService, state }: NodeProps) {
  const tone: Tone = state === undefined ? 'idle' : toneOf(state);
  const box = (
    <>
      <rect x={x} y={y} width={NODE.width} height={NODE.height} rx="6" className={`node node-${tone}`} />
      <text x={x + 12} y={y + 19} className="node-name">
        {name.length > 17 ? `${name.slice(0, 16)}…` : name}
      </text>
      <text x={x + 12} y={y + 35} className="node-state">
        {isService ? (state ?? 'service') : name === 'gateway' ? 'from outside' : 'caller'}
      </text>
    </>
  );
  return isService ? <Link href={`/services/${name}`}>{box}</Link> : <g>{box}</g>;
});

const EdgeLine = memo(function EdgeLine({
  edge,
  points,
}: {
  readonly edge: EdgeActivity;
  readonly points: readonly Point[];
}) {
  const tone = toneOfEdge(edge);
  return (
    <path
      d={pathOf(points)}
      className={`link link-${tone}`}
      strokeWidth={1 + Math.min(3, Math.log10(1 + edge.rate))}
      strokeDasharray={edge.breaker === 'open' ? '5 4' : undefined}
      markerEnd={`url(#arrow-${tone})`}
    />
  );
});

/** On its line, which is cut for it: so it is plain whose figures these are. */
const EdgeLabel = memo(function EdgeLabel({ edge, at }: { readonly edge: EdgeActivity; readonly at: Point }) {
  const errors = edge.errorRate === 0 ? '' : ` · ${percentText(edge.errorRate)}`;
  const trouble = troubleOf(edge);
  const lines = [
    `${rateText(edge.rate)}/s · ${durationText(edge.p95)}${errors}`,
    ...(trouble === undefined ? [] : [trouble]),
  ];
  const width = Math.max(...lines.map((line) => line.length)) * LETTER.width + 8;
  const height = lines.length * LETTER.height + 2;
  return (
    <g className={`link-label link-label-${toneOfEdge(edge)}`}>
      <rect x={at.x - width / 2} y={at.y - height / 2} width={width} height={height} />
      {lines.map((line, index) => (
        <text key={line} x={at.x} y={at.y + 4 + (index - (lines.length - 1) / 2) * LETTER.height}>
          {line}
        </text>
      ))}
    </g>
  );
});

/** About as wide as letters of a label are: a place for them is made before they are drawn. */
const LETTER = { width: 5.9, height: 14 } as const;

function toneOfEdge({ errorRate, breaker, ejected }: EdgeActivity): 'idle' | 'warn' | 'bad' {
  if (breaker === 'open' || errorRate > 0.05) return 'bad';
  return breaker === 'half-open' || errorRate > 0.01 || ejected.length > 0 ? 'warn' : 'idle';
}

function troubleOf({ breaker, ejected }: EdgeActivity): string | undefined {
  const parts = [
    ...(breaker === undefined || breaker === 'closed' ? [] : [`breaker ${breaker}`]),
    ...(ejected.length === 0 ? [] : [`${plural(ejected.length, 'instance')} ejected`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' · ');
}

const CALLS: readonly Column<EdgeActivity>[] = [
  {
    name: 'Call',
    kind: 'head',
    show: ({ caller, callee }) => (
      <>
        {caller} <span className="muted">→</span> {callee}
      </>
    ),
  },
  { name: 'Requests/s', kind: 'number', show: ({ rate }) => rateText(rate) },
  {
    name: 'Errors',
    kind: 'number',
    className: ({ errorRate }) => (errorRate > 0.01 ? 'tone-bad' : undefined),
    show: ({ errorRate }) => percentText(errorRate),
  },
  { name: 'Median', kind: 'number', show: ({ p50 }) => durationText(p50) },
  { name: 'p95', kind: 'number', show: ({ p95 }) => durationText(p95) },
  { name: 'In flight', kind: 'number', show: ({ inFlight }) => inFlight },
  {
    name: 'Breaker',
    className: ({ breaker }) => (breaker === 'open' ? 'tone-bad' : undefined),
    show: ({ breaker }) => breaker ?? 'none',
  },
  { name: 'Ejected', kind: 'id', className: () => 'wide', show: ({ ejected }) => ejected.join(', ') },
];

/** The same in words, for who reads rather than looks. */
function EdgeTable({ edges }: { readonly edges: readonly EdgeActivity[] }) {
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">Calls</h2>
      <Table
        label="Table of calls"
        columns={CALLS}
        rows={edges}
        keyOf={({ caller, callee }) => `${caller}>${callee}`}
      />
    </section>
  );
}
