import type { BackupCopy, StoreBackup } from '@islet/client';
import { renderBytes } from './bytes.ts';
import { renderDuration } from './duration.ts';
import { renderTable, type TableOptions } from './table.ts';

type View = Pick<TableOptions, 'columns' | 'paintHeader'> & { readonly now: number };

/** How every store is backed up, and below it what is wrong. */
export function renderBackups(stores: readonly StoreBackup[], { now, ...view }: View): string[] {
  const ago = (at: number | undefined) => (at === undefined ? 'never' : `${renderDuration(Math.max(0, now - at))} ago`);
  const rows = stores.map((store) => {
    if (store.state !== 'on') return [store.service, store.engine, OTHERWISE[store.state]];
    const { service, engine, last, rpoMs, from, drill, bytes, nextAt, copyingSince } = store;
    const proved = drill === undefined ? 'not yet' : `${drill.passed ? '' : 'FAILED '}${ago(drill.at)}`;
    const rto = drill?.rtoMs === undefined ? '' : renderDuration(drill.rtoMs);
    const next =
      copyingSince === undefined
        ? nextAt === undefined
          ? ''
          : `in ${renderDuration(Math.max(0, nextAt - now))}`
        : 'now';
    const oldest = from === undefined ? '' : new Date(from).toISOString().slice(0, 19);
    // Files have no log.
    const since = engine === 'files' && oldest !== '' ? `its copies, ${oldest}` : oldest;
    return [
      service,
      engine,
      ago(last?.finishedAt),
      rpoMs === undefined ? '' : renderDuration(rpoMs),
      since,
      proved,
      rto,
      renderBytes(bytes),
      next,
    ];
  });
  const headers = ['service', 'engine', 'last backup', 'rpo', 'any second since', 'proved', 'rto', 'size', 'next'];
  const problems = stores.flatMap((store) => store.problems);
  const remarks = stores.flatMap(({ service, last }) => (last?.remarks ?? []).map((remark) => `${service}: ${remark}`));
  return [...renderTable({ headers, rows, ...view }), ...problems.map((problem) => `! ${problem}`), ...remarks];
}

const OTHERWISE = {
  off: 'off, as its file says',
  outside: 'an outside server: not backed up by Islet',
  none: 'not backed up: there is no way yet for this engine',
} as const satisfies Record<Exclude<StoreBackup['state'], 'on'>, string>;

export function renderCopies(
  copies: readonly BackupCopy[],
  view: Pick<TableOptions, 'columns' | 'paintHeader'>,
): string[] {
  const rows = copies.map(({ id, store, finishedAt, to, plainBytes, storedBytes, state, problem }) => [
    id,
    store,
    finishedAt === undefined ? '' : new Date(finishedAt).toISOString(),
    to === undefined ? '' : new Date(to).toISOString(),
    plainBytes === undefined ? '' : renderBytes(plainBytes),
    renderBytes(storedBytes),
    problem === undefined ? state : `${state}: ${problem}`,
  ]);
  return renderTable({
    headers: ['backup', 'of', 'finished', 'any second until', 'data', 'stored', 'state'],
    rows,
    ...view,
  });
}
