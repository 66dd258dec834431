import type { DrillReport } from '../drill/report.ts';
import type { StatusOptions } from './status.ts';
import { renderTable } from './table.ts';

/** `islet drill`: one line for each fault. */
export function renderDrills(reports: readonly DrillReport[], { colours, columns }: StatusOptions): string[] {
  const ms = (value: number | undefined, without: string) => (value === undefined ? without : `${value} ms`);
  return renderTable({
    headers: ['drill', 'service', 'result', 'requests', 'failed', 'slowest', 'detected', 'recovered', 'note'],
    rows: reports.map(({ drill, service, passed, requests, failed, slowestMs, detectedMs, recoveredMs, note }) => [
      ...[drill, service, passed ? 'pass' : 'FAIL', String(requests), String(failed), `${slowestMs} ms`],
      ...[ms(detectedMs, 'not seen'), ms(recoveredMs, 'no'), note],
    ]),
    columns,
    paintHeader: colours.dim,
  });
}
