import type { LiveUpdate } from '@islet/client';
import { toldAlert } from '../alerts/message.ts';
import type { Sentinel } from '../alerts/sentinel.ts';
import type { Clock } from '../clock.ts';

/** Alerts as they are now, and again when one changes. */
export async function* liveAlerts(sentinel: Sentinel, clock: Clock, signal: AbortSignal): AsyncGenerator<LiveUpdate> {
  const update = (): LiveUpdate => ({ kind: 'alerts', at: clock.now(), alerts: sentinel.alerts().map(toldAlert) });
  yield update();
  for await (const _ of sentinel.changes.follow(signal)) yield update();
}

/** Both as they come, until both are over; where one fails, both end. */
export async function* merged<T>(...sources: readonly AsyncIterable<T>[]): AsyncGenerator<T> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const next = async (iterator: AsyncIterator<T>) => ({ iterator, result: await iterator.next() });
  const waiting = new Map(iterators.map((iterator) => [iterator, next(iterator)]));
  try {
    while (waiting.size > 0) {
      const { iterator, result } = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(iterator);
      else {
        waiting.set(iterator, next(iterator));
        yield result.value;
      }
    }
  } finally {
    // One that waits for its next value ends with the request's signal.
    for (const promise of waiting.values()) promise.catch(() => undefined);
    for (const iterator of iterators) iterator.return?.().catch(() => undefined);
  }
}
