import type { Answer, ServiceStatus } from '@islet/client/browser';
import { useAsk } from '../../live/ask.ts';
import { useStatus } from '../../live/status.ts';
import { bytesText, coresText, durationText, figureText } from '../../model/format.ts';
import { marksOf } from '../../model/service.ts';
import { Chart } from '../../parts/chart.tsx';
import { Failure } from '../../parts/states.tsx';
import { StretchChoice, useHold, useStretch } from '../../parts/stretch.tsx';
import { Clock } from '../../parts/time.tsx';
import { Instances } from './instances.tsx';

const POINTS = 180;
/** Of what was done, the newest. */
const LISTED = 12;

/** The golden signals, with what was done marked on them. */
export function SignalsTab({ service }: { readonly service: ServiceStatus }) {
  const { name } = service;
  const { from, to } = useStretch();
  const ask = { service: name, from, to, points: POINTS };
  const requests = useMetric({ ...ask, name: 'requests' });
  const errors = useMetric({ ...ask, name: 'errors' });
  const [p50, p95, p99] = [
    useMetric({ ...ask, name: 'latency.p50' }),
    useMetric({ ...ask, name: 'latency.p95' }),
    useMetric({ ...ask, name: 'latency.p99' }),
  ];
  const inFlight = useMetric({ ...ask, name: 'in-flight' });
  const cpu = useMetric({ ...ask, name: 'cpu' });
  const memory = useMetric({ ...ask, name: 'memory' });
  const annotations = useAsk('annotations', { service: name, from, to });
  const decisions = useAsk('decisions', { service: name }, { on: useStatus(), when: annotations.error !== undefined });
  const marks = marksOf(annotations.value, decisions.value, { from, to });
  const latency = [named(p50.value, 'p50'), named(p95.value, 'p95'), named(p99.value, 'p99')].flat();
  const shared = { marks, from, to, onZoom: useHold() };
  const error = requests.error;
  return (
    <>
      <div className="head-row">
        <StretchChoice />
        <GapNote gaps={requests.value?.gaps ?? []} />
      </div>
      {error === undefined ? null : <Failure error={error} again={requests.again} />}
      {error !== undefined && requests.value === undefined ? null : (
        <div className="charts">
          <Chart title="Requests/s" series={requests.value?.series ?? []} format={figureText} {...shared} />
          <Chart title="Errors/s" series={errors.value?.series ?? []} format={figureText} {...shared} />
          <Chart title="Latency" series={latency} format={durationText} {...shared} />
          <Chart title="In flight" series={inFlight.value?.series ?? []} format={figureText} {...shared} />
          <Chart title="CPU, cores" series={cpu.value?.series ?? []} format={coresText} {...shared} />
          <Chart title="Memory" series={memory.value?.series ?? []} format={bytesText} {...shared} />
        </div>
      )}
      {marks.length === 0 ? null : (
        <section aria-labelledby="marks">
          <h2 id="marks">What was done in this time</h2>
          <ol className="recent marks">
            {marks
              .map(({ at, kind, text }, index) => (
                <li key={`${at} ${kind} ${text}`}>
                  <span className="recent-at">
                    <span className="mark-number">{index + 1}</span>
                    <Clock at={at} />
                  </span>
                  <span>{text}</span>
                </li>
              ))
              .slice(-LISTED)
              .reverse()}
          </ol>
        </section>
      )}
      <Instances service={service} />
    </>
  );
}

function useMetric(input: { name: string; service: string; from: number; to: number; points: number }) {
  return useAsk('metrics', input);
}

type Metrics = Answer<'metrics'>;

function named(metrics: Metrics | undefined, label: string): Metrics['series'] {
  return (metrics?.series ?? []).map((series) => ({ ...series, labels: { quantile: label } }));
}

function GapNote({
  gaps,
}: {
  readonly gaps: readonly { readonly from: number; readonly to: number; readonly why: string }[];
}) {
  const [gap] = gaps;
  if (gap === undefined) return null;
  return (
    <p className="muted">
      Nothing is known from <Clock at={gap.from} /> to <Clock at={gap.to} />: {gap.why}
    </p>
  );
}
