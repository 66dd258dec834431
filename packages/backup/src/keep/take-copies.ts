import { type CallOptions, DriverError, logFormOf } from '@islet/driver';
import { type Catalog, readCatalog } from '../catalog.ts';
import { earlierIn } from '../earlier.ts';
import { LIMITS } from '../limits.ts';
import type { EraId } from '../names.ts';
import { type Offer, offersOf } from '../restorable.ts';
import { nextCopyAt } from '../schedule.ts';
import { upkeep } from '../upkeep.ts';
import { type Written, writeCopy } from '../write-copy.ts';
import type { LastCopy } from './order.ts';
import type { KeptStore } from './store.ts';

/** Takes a copy whenever one is due, and keeps the vault tidy. */
export async function takeCopies(store: KeptStore, { signal }: CallOptions): Promise<void> {
  const { parts, order } = store;
  let failures = 0;
  let lastFailureAt: number | undefined;
  let tidiedAt = 0;
  for (;;) {
    try {
      const catalog = await readCatalog(store.vault, { signal });
      const offers = offersOf(catalog);
      tellOffers(store, catalog, offers);
      const newest = offers.at(-1);
      const nextAt = nextCopyAt(
        {
          lastStartedAt: newest?.copy.startedAt,
          askedAt: store.askedAt,
          isCutOff: store.isLost || isCutOff(store, catalog, newest),
          failures,
          lastFailureAt,
        },
        order.everyMs,
      );
      const now = parts.now();
      if (nextAt <= now) {
        await parts.oneAtATime(() => takeCopy(store, { signal }));
        failures = 0;
        tidiedAt = 0;
        continue;
      }
      if (failures === 0) store.tell({ copy: { kind: 'waiting', nextAt } });
      if (now >= tidiedAt + LIMITS.tidyMs) {
        await upkeep(store.vault, { ...order, now, log: logFormOf(parts.reader) }, { signal });
        tidiedAt = now;
        continue;
      }
      await store.sleep(Math.min(nextAt - now, tidiedAt + LIMITS.tidyMs - now), { signal });
    } catch (error) {
      signal.throwIfAborted();
      failures++;
      lastFailureAt = parts.now();
      const why = DriverError.from(error).message;
      store.tell({ copy: { kind: 'failed', at: lastFailureAt, why, times: failures } });
      await store.sleep(LIMITS.failureMs, { signal });
    }
  }
}

/** The store is another one, or the log has a gap: the newest copy can't be rolled forward to now. */
function isCutOff({ reached }: KeptStore, { eras }: Catalog, newest: Offer | undefined): boolean {
  const era = eras.find(({ id }) => id === reached?.era) ?? eras.at(-1);
  if (era === undefined || newest === undefined) return false;
  if (newest.era !== era.id) return true;
  // A copy that needs no log to be consistent may have none yet.
  const end = newest.log.at(-1)?.to ?? newest.copy.manifest.facts.needs?.to;
  return end !== undefined && era.log.some(({ to }) => to > end);
}

function tellOffers(store: KeptStore, { bytes }: Catalog, offers: readonly Offer[]): void {
  const [oldest, newest] = [offers[0], offers.at(-1)];
  if (oldest === undefined || newest === undefined) store.tell({ bytes });
  else store.tell({ bytes, restorable: { from: oldest.from, to: newest.to }, last: lastOf(newest) });
}

function lastOf({ copy }: Offer): LastCopy {
  const { startedAt, finishedAt, plainBytes, facts } = copy.manifest;
  const { lacks = [], remarks = [] } = facts;
  const told = { ...(lacks.length > 0 && { lacks }), ...(remarks.length > 0 && { remarks }) };
  return { id: copy.id, startedAt, finishedAt, plainBytes, storedBytes: copy.bytes, ...told };
}

/** Done only when what was written is offered: whole, and with the log that it needs. */
async function takeCopy(store: KeptStore, { signal }: CallOptions): Promise<void> {
  const { parts, order, vault } = store;
  const { source } = order;
  const startedAt = parts.now();
  store.tell({ copy: { kind: 'copying', since: startedAt } });
  const { era, record } = await store.era({ signal });
  const earlier = earlierIn(vault, offersOf(await readCatalog(vault, { signal })), era);
  const bytes = parts.reader.copy(source, { signal, ...(earlier && { earlier }) });
  const written = await writeCopy({ vault, era, ...record, startedAt, now: parts.now, bytes }, { signal });
  await untilLogged(store, era, written, { signal });
  const offers = offersOf(await readCatalog(vault, { signal }));
  if (!offers.some(({ copy }) => copy.id === written.id)) {
    throw new DriverError('damaged', `the copy ${written.id} is written, and lacks a part of its log`);
  }
}

/** The log comes by another way. */
async function untilLogged(store: KeptStore, era: EraId, { manifest }: Written, options: CallOptions): Promise<void> {
  const { needs } = manifest.facts;
  if (needs === undefined) return;
  const until = store.parts.now() + LIMITS.logMs;
  while (store.reached?.era !== era || store.reached.to < needs.to) {
    if (store.isLost) throw new DriverError('unavailable', 'the log was lost while the store was copied');
    if (store.parts.now() > until) throw new DriverError('timeout', 'the log that the copy needs does not come');
    await store.parts.pause(LIMITS.lookMs, options);
  }
}
