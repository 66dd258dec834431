import type { Annotation } from '@islet/client/browser';
import { useAsk } from '../../live/ask.ts';
import { bytesText, figureText } from '../../model/format.ts';
import { Chart } from '../../parts/chart.tsx';
import { StretchChoice, useHold, useStretch } from '../../parts/stretch.tsx';

const POINTS = 180;
const NO_MARKS: readonly Annotation[] = [];

/** What a service's stores have counted over time; `counted`: transactions, or of Redis commands. */
export function StoreCharts({
  service,
  counted,
}: {
  readonly service: string;
  readonly counted: 'db.commits' | 'db.commands';
}) {
  const { from, to } = useStretch();
  // A service may have two stores: each is a line of its own.
  const ask = { service, from, to, points: POINTS, by: 'instance' };
  const done = useAsk('metrics', { ...ask, name: counted });
  const connections = useAsk('metrics', { ...ask, name: 'db.connections' });
  const misses = useAsk('metrics', { ...ask, name: 'db.cache.misses' });
  const size = useAsk('metrics', { ...ask, name: 'db.size' });
  const shared = { marks: NO_MARKS, from, to, onZoom: useHold() };
  return (
    <section aria-labelledby="store-charts">
      <div className="head-row">
        <h2 id="store-charts">What is done in it</h2>
        <StretchChoice />
      </div>
      <div className="charts">
        <Chart
          title={counted === 'db.commits' ? 'Transactions/s' : 'Commands/s'}
          series={done.value?.series ?? []}
          format={figureText}
          {...shared}
        />
        <Chart title="Connections" series={connections.value?.series ?? []} format={figureText} {...shared} />
        <Chart title="Reads past the cache/s" series={misses.value?.series ?? []} format={figureText} {...shared} />
        <Chart title="Size" series={size.value?.series ?? []} format={bytesText} {...shared} />
      </div>
    </section>
  );
}
