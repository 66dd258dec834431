import type { Capacity } from '@islet/client';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** `islet capacity`: the number, what it rests on, what is to be expected, and how far off that may be. */
export function renderCapacity(capacity: Capacity, { colours, columns }: StatusOptions): string[] {
  if (capacity.kind === 'refused') {
    return [`${capacity.service}: no forecast: ${capacity.why}`, `  ${capacity.hint}`];
  }
  const { service, rps, needed, unchanged, seen, warnings } = capacity;
  const rows = [
    ['now', seen.instances, seen.rps, seen.meanMs, seen.p95Ms, '', (seen.rps * seen.meanMs) / 1000],
    ...(unchanged === undefined || unchanged.instances === needed.instances ? [] : [rowOf(rps, unchanged)]),
    rowOf(rps, needed),
  ].map((row) => row.map((cell) => (typeof cell === 'number' ? number(cell) : cell)));
  return [
    `${service}: ${needed.instances} ${needed.instances === 1 ? 'instance' : 'instances'} for ${number(rps)} requests/s, ${number(needed.utilizationPercent)} % busy`,
    `  ${groundsOf(capacity)}`,
    `  ${errorText(capacity)}`,
    ...(unchanged === undefined ? [`  what runs now (${seen.instances}) can't carry it`] : []),
    ...warnings.map((warning) => `  ${colours.yellow(warning)}`),
    '',
    ...renderTable({
      headers: ['', 'instances', 'requests/s', 'mean ms', 'p95 ms', 'wait ms', 'in flight'],
      rows,
      columns,
      paintHeader: colours.dim,
    }),
  ];
}

type Told = Extract<Capacity, { kind: 'forecast' }>;

function rowOf(rps: number, { instances, meanMs, p95Ms, waitMs, inFlight }: Told['needed']) {
  return ['forecast', instances, rps, meanMs, p95Ms, waitMs, inFlight];
}

function groundsOf({ seen, model }: Told): string {
  const { limit, serversPerInstance: servers, serviceMs, restMeanMs } = model;
  const what = limit === 'cores' ? 'on a core' : `in one of the ${servers} places of its instance`;
  return `${seen.requests} requests in ${number(seen.overMs / 1000)} s: each takes ${number(serviceMs)} ms ${what}, for which it may wait, and ${number(restMeanMs)} ms beside`;
}

function errorText({ error }: Told): string {
  if (error === undefined)
    return 'fitted to the first half of that time, it called the second more than can be carried: do not trust it';
  const { mean, p95 } = error;
  return `fitted to the first half of that time, it was off for the second by ${percent(mean)} of the mean and ${percent(p95)} of the p95`;
}

function percent(share: number): string {
  const whole = Math.round(share * 100);
  return `${whole > 0 ? '+' : ''}${whole} %`;
}

/** Three digits that count, of what is not as good as nothing. */
function number(value: number): string {
  if (Math.abs(value) < 0.001) return '0';
  return String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
