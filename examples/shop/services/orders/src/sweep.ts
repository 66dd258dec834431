import { setTimeout as sleep } from 'node:timers/promises';
import { log } from './log.ts';
import { type Shop, undo } from './place-order.ts';

/** Longer than any attempt can last, and long enough for a client to come back with the same key. */
const ABANDON_AFTER_MS = 120_000;
const SWEEP_EVERY_MS = 10_000;
const UNDOS_PER_SWEEP = 100;

/** Finishes what was cut off. Every instance sweeps: doing it twice does no harm, so none has to be elected. */
export async function sweep(
  shop: Shop,
  { signal, abandonAfterMs = ABANDON_AFTER_MS }: { signal: AbortSignal; abandonAfterMs?: number },
): Promise<void> {
  await shop.store.abandon({ afterMs: abandonAfterMs });
  for (const orderId of await shop.store.undoOwed({ limit: UNDOS_PER_SWEEP })) {
    if (signal.aborted) return;
    await undo(shop, orderId, undefined);
  }
}

/** Sweeps until the signal says stop. */
export async function keepSweeping(shop: Shop, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweep(shop, { signal }).catch((error: Error) => log('warn', 'sweep failed', { error: error.message }));
    await sleep(SWEEP_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}
