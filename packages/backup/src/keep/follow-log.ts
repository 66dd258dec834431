import { type CallOptions, DriverError, type FollowLog, type LogPosition } from '@islet/driver';
import { listingOf } from '../catalog.ts';
import { openLogWriter } from '../log-writer.ts';
import type { EraId } from '../names.ts';
import type { KeptStore } from './store.ts';

const RETRY_FIRST_MS = 100;
const RETRY_LONGEST_MS = 5_000;

/** Stores a store's log as it comes, whatever dies in between: it goes on where what is stored ends. */
export async function followLog(store: KeptStore, follow: FollowLog, { signal }: CallOptions): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await followOnce(store, follow, { signal, onChunk: () => (failures = 0) });
    } catch (error) {
      signal.throwIfAborted();
      const failure = DriverError.from(error);
      if (failure.code === 'not-found') store.lose();
      store.tell({ log: { kind: 'waiting', since: store.parts.now(), why: failure.message } });
    }
    await store.parts.pause(Math.min(RETRY_FIRST_MS * 2 ** Math.min(failures, 10), RETRY_LONGEST_MS), { signal });
  }
}

async function followOnce(
  store: KeptStore,
  follow: FollowLog,
  { signal, onChunk }: CallOptions & { readonly onChunk: () => void },
): Promise<void> {
  const { source } = store.order;
  const { era } = await store.era({ signal });
  const from = store.isLost ? undefined : await endOf(store, era, { signal });
  const writer = openLogWriter(store.vault, era);
  for await (const chunk of follow({ source, from }, { signal })) {
    if (chunk.bytes.length > 0) await writer.write(chunk, { signal });
    else await writer.rest(chunk.at, { signal });
    onChunk();
    store.reach(era, chunk.to);
    if (chunk.at > 0) store.tell({ log: { kind: 'followed', at: chunk.at } });
  }
}

async function endOf({ vault }: KeptStore, era: EraId, options: CallOptions): Promise<LogPosition | undefined> {
  const log = listingOf(await vault.list(options)).eras.find(({ id }) => id === era)?.log ?? [];
  return log
    .map(({ to }) => to)
    .sort()
    .at(-1);
}
