import type { Answer, ApiError } from '@islet/client/browser';
import { useState } from 'react';
import { useSearchParams } from 'wouter';
import { api, failureOf } from '../../live/api.ts';
import { durationText, figureText, percentText, plural, rateText, shortNumber } from '../../model/format.ts';
import { Failure } from '../../parts/states.tsx';
import { type Column, Table } from '../../parts/table.tsx';

type Capacity = Answer<'capacity'>;
type Told = Extract<Capacity, { kind: 'forecast' }>;

/** How many instances a rate of requests needs. What it is asked for is in the address; what was measured is not. */
export function CapacityTab({ service }: { readonly service: string }) {
  const [params, setParams] = useSearchParams();
  const [answer, setAnswer] = useState<Capacity>();
  const [error, setError] = useState<ApiError>();
  const [isMeasuring, setMeasuring] = useState(false);
  const seconds = Number(params.get('over') ?? 10);
  const measure = async (form: HTMLFormElement) => {
    const given = new FormData(form);
    const text = (name: string) => String(given.get(name) ?? '');
    setParams(new URLSearchParams([...given].map(([name, value]) => [name, String(value)])), { replace: true });
    setMeasuring(true);
    setError(undefined);
    try {
      const parallel = text('parallel') === '' ? {} : { parallel: Number(text('parallel')) };
      const question = { rps: Number(text('rps')), utilizationPercent: Number(text('utilization')), ...parallel };
      setAnswer(await api.ask('capacity', { service, ...question, overMs: Number(text('over')) * 1000 }));
    } catch (thrown) {
      setError(failureOf(thrown));
    } finally {
      setMeasuring(false);
    }
  };
  const field = (name: string, label: string, { by, ...limits }: { min: number; max: number; by?: string }) => (
    <label className="field">
      <span>{label}</span>
      <input
        name={name}
        type="number"
        defaultValue={params.get(name) ?? by ?? ''}
        required={by !== undefined}
        {...limits}
      />
    </label>
  );
  return (
    <>
      <p className="lead">
        Measures {service} for some seconds as its requests come, and forecasts how many instances a rate needs. Nothing
        is sent, and nothing is changed.
      </p>
      <form
        className="filters capacity"
        onSubmit={(event) => {
          event.preventDefault();
          void measure(event.currentTarget);
        }}
      >
        {field('rps', 'Requests/s to carry', { min: 1, max: 100_000, by: '100' })}
        {field('utilization', 'Busy at most, %', { min: 1, max: 99, by: '70' })}
        {field('parallel', 'At once in one instance', { min: 1, max: 1_000 })}
        {field('over', 'Measure for, s', { min: 2, max: 50, by: '10' })}
        <button type="submit" className="button button-main" disabled={isMeasuring}>
          {isMeasuring ? `Measuring for ${seconds} s …` : 'Measure'}
        </button>
      </form>
      {error === undefined ? null : <Failure error={error} />}
      <div aria-live="polite">{answer === undefined ? null : <Forecast answer={answer} />}</div>
    </>
  );
}

function Forecast({ answer }: { readonly answer: Capacity }) {
  if (answer.kind === 'refused') {
    return (
      <p className="stale">
        No forecast: {answer.why} → {answer.hint}
      </p>
    );
  }
  const { rps, needed, unchanged, seen, warnings } = answer;
  return (
    <section aria-labelledby="forecast">
      <h2 id="forecast">
        {plural(needed.instances, 'instance')} for {shortNumber(rps)} requests/s
      </h2>
      <p className="lead">{groundsOf(answer)}</p>
      {unchanged !== undefined ? null : (
        <p className="tone-warn">What runs now ({plural(seen.instances, 'instance')}) can’t carry it.</p>
      )}
      {warnings.map((warning) => (
        <p key={warning} className="tone-warn">
          {warning}
        </p>
      ))}
      <Table label="Forecast" columns={COLUMNS} rows={rowsOf(answer)} keyOf={({ name }) => name} />
    </section>
  );
}

interface ForecastRow {
  readonly name: string;
  readonly instances: number;
  readonly rps: number;
  readonly busy: number | undefined;
  readonly meanMs: number;
  readonly p95Ms: number;
  readonly waitMs: number | undefined;
  readonly inFlight: number;
}

function rowsOf({ rps, seen, needed, unchanged }: Told): readonly ForecastRow[] {
  const forecast = (name: string, one: Told['needed']): ForecastRow => ({
    name,
    instances: one.instances,
    rps,
    busy: one.utilizationPercent / 100,
    meanMs: one.meanMs,
    p95Ms: one.p95Ms,
    waitMs: one.waitMs,
    inFlight: one.inFlight,
  });
  const { instances, rps: measured, meanMs, p95Ms } = seen;
  const now = { instances, rps: measured, busy: undefined, meanMs, p95Ms, waitMs: undefined };
  return [
    { name: 'measured now', ...now, inFlight: (measured * meanMs) / 1000 },
    ...(unchanged === undefined || unchanged.instances === needed.instances
      ? []
      : [forecast('with those that are there', unchanged)]),
    forecast('with those that it needs', needed),
  ];
}

const COLUMNS: readonly Column<ForecastRow>[] = [
  { name: 'Case', isUnseen: true, kind: 'head', show: ({ name }) => name },
  { name: 'Instances', kind: 'number', show: ({ instances }) => instances },
  { name: 'Requests/s', kind: 'number', show: ({ rps }) => rateText(rps) },
  { name: 'Busy', kind: 'number', show: ({ busy }) => percentText(busy) },
  { name: 'Mean', kind: 'number', show: ({ meanMs }) => durationText(meanMs) },
  { name: 'p95', kind: 'number', show: ({ p95Ms }) => durationText(p95Ms) },
  { name: 'Wait', kind: 'number', show: ({ waitMs }) => durationText(waitMs) },
  { name: 'In flight', kind: 'number', show: ({ inFlight }) => figureText(inFlight) },
];

/** What it rests on, and how far off that may be. */
function groundsOf({ seen, model, error }: Told): string {
  const what = model.limit === 'cores' ? 'on a core' : `in one of ${model.serversPerInstance} places of its instance`;
  const off =
    error === undefined
      ? 'Fitted to the first half of that time, it called the second more than can be carried: do not trust it.'
      : `Fitted to the first half of that time, it was off for the second by ${percentText(error.mean)} of the mean and ${percentText(error.p95)} of the p95.`;
  return `From ${plural(seen.requests, 'request')} in ${durationText(seen.overMs)}: each takes ${durationText(model.serviceMs)} ${what}, and ${durationText(model.restMeanMs)} beside. ${off}`;
}
