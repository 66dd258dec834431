import type { ServiceActivity } from '@islet/client';
import { renderBytes } from './bytes.ts';
import { renderSpark } from './spark.ts';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** The busiest first. */
export function renderTop(services: readonly ServiceActivity[], { colours, columns }: StatusOptions): string[] {
  const order = services.toSorted((a, b) => b.rate - a.rate || (a.service < b.service ? -1 : 1));
  return renderTable({
    headers: ['service', 'req/s', 'errors', 'p95 ms', 'cpu', 'memory', 'store', 'requests'],
    rows: order.map(({ service, rate, errorRate, p95, cpu, memory, store, spark }) => [
      service,
      rate.toFixed(1),
      { text: `${(errorRate * 100).toFixed(1)} %`, paint: errorRate > 0 ? colours.red : undefined },
      p95 === undefined ? '-' : p95.toFixed(1),
      cpu === undefined ? '-' : cpu.toFixed(2),
      memory === undefined ? '-' : renderBytes(memory),
      storeText(store),
      renderSpark(spark),
    ]),
    columns,
    paintHeader: colours.dim,
    giveWay: ['requests', 'store'],
  });
}

/** What is done in it, how many are in it, and how large it is. */
function storeText(store: ServiceActivity['store']): string {
  if (store === undefined) return '-';
  const { rate, connections, size } = store;
  return [
    ...(rate === undefined ? [] : [`${rate.toFixed(1)}/s`]),
    ...(connections === undefined ? [] : [`${Math.round(connections)} conn`]),
    ...(size === undefined ? [] : [renderBytes(size)]),
  ].join(' ');
}
