import type { StoreStatus } from '@islet/client';
import type { Colors } from 'picocolors/types.js';
import { renderBytes } from './bytes.ts';
import { renderDuration } from './duration.ts';

type View = Pick<Colors, 'bold' | 'yellow'> & { readonly now: number };

/** What is known of each store, one line for each thing that is. */
export function renderStores(stores: readonly StoreStatus[], { now, bold, yellow }: View): string[] {
  return stores.flatMap((store) => {
    const { engine, state, version, programs, bytes, connections, commitsPerSecond, cacheHits, slow, rpoMs, why } =
      store;
    const what = engine === 'redis' ? 'commands/s' : 'commits/s';
    const about: readonly (readonly [string, string | undefined])[] = [
      ['state', why === undefined ? state : `${state}: ${why}`],
      ['version', version],
      ['programs', programs],
      ['size', bytes === undefined ? undefined : renderBytes(bytes)],
      ['connections', connections && `${connections.open} of ${connections.most}`],
      [what, commitsPerSecond?.toFixed(commitsPerSecond < 10 ? 1 : 0)],
      ['cache hits', cacheHits === undefined ? undefined : `${(cacheHits * 100).toFixed(1)} %`],
      ...aboutFile(store.file, now),
      ['backup', rpoMs === undefined ? undefined : `${renderDuration(rpoMs)} behind`],
    ];
    return [
      bold(`${store.store} (${engine})`),
      ...about.flatMap(([name, value]) => (value === undefined ? [] : [`  ${name.padEnd(13)}${value}`])),
      ...slow.map(
        ({ forMs, text }) => `  ${yellow(`runs for ${renderDuration(forMs)}`)}: ${text.replaceAll(/\s+/g, ' ')}`,
      ),
    ];
  });
}

function aboutFile(file: StoreStatus['file'], now: number): (readonly [string, string])[] {
  if (file === undefined) return [];
  const { pages, freePages, pageBytes, logBytes, waitingBytes, checkpointedAt } = file;
  return [
    ['pages', `${pages} of ${renderBytes(pageBytes)}, ${freePages} of them free`],
    ['log', `${renderBytes(logBytes)}, ${renderBytes(waitingBytes)} of it not in the database yet`],
    ['checkpoint', `${renderDuration(Math.max(0, now - checkpointedAt))} ago`],
  ];
}
