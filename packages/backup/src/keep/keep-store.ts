import type { CallOptions } from '@islet/driver';
import { ensureVault } from '../vault.ts';
import { followLog } from './follow-log.ts';
import type { KeepParts, StoreOrder } from './order.ts';
import { KeptStore } from './store.ts';
import { takeCopies } from './take-copies.ts';

/** Backs up one store until it is aborted. Nothing but that ends it: trouble is told, and tried again. */
export interface StoreKeeper {
  ask(at: number | undefined): void;
  readonly ended: Promise<void>;
}

export function keepStore(order: StoreOrder, parts: KeepParts, { signal }: CallOptions): StoreKeeper {
  let askedAt = order.askedAt;
  let store: KeptStore | undefined;
  const run = async () => {
    const { repository, by, reader } = parts;
    const { service } = order;
    store = new KeptStore(order, parts, await ensureVault({ repository, service, by }, { signal }));
    store.ask(askedAt);
    const { follow } = reader;
    await Promise.all([takeCopies(store, { signal }), follow && followLog(store, follow, { signal })]);
  };
  const ended = untilAborted(run, parts, order.service, signal);
  return {
    ask: (at) => {
      askedAt = at;
      store?.ask(at);
    },
    ended,
  };
}

const RETRY_MS = 5_000;

/** Where the vault can't even be opened. */
async function untilAborted(
  run: () => Promise<void>,
  { now, pause, tell }: KeepParts,
  service: string,
  signal: AbortSignal,
): Promise<void> {
  for (let times = 1; !signal.aborted; times++) {
    try {
      await run();
    } catch (error) {
      if (signal.aborted) return;
      const why = error instanceof Error ? error.message : String(error);
      const copy = { kind: 'failed', at: now(), why, times } as const;
      const log = { kind: 'waiting', since: now(), why } as const;
      tell({ service, log, copy, last: undefined, restorable: undefined, bytes: 0 });
      await pause(RETRY_MS, { signal }).catch(() => {});
    }
  }
}
