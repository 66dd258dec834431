import { logCount } from '@islet/driver';
import type { Catalog, Copy, Era, Listing, LogPiece } from './catalog.ts';
import { chainFrom } from './chain.ts';
import { LIMITS } from './limits.ts';
import { type CopyId, headName, manifestName } from './names.ts';
import { type Offer, offersOf } from './restorable.ts';

/** How many copies are kept: the newest of each of the last days, weeks and months that have one. */
export interface Keep {
  /** Of a store without a log; absent: none. */
  readonly hourly?: number;
  readonly daily: number;
  readonly weekly: number;
  readonly monthly: number;
}

interface Dated {
  readonly id: CopyId;
  readonly finishedAt: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * Grandfather, father, son: the newest copy of each period counts for it. The newest of all is kept whatever the numbers
 * say. Days and weeks are those of UTC, and weeks begin on Monday.
 */
export function keptCopies(
  copies: readonly Dated[],
  keep: Keep,
): { readonly all: ReadonlySet<CopyId>; readonly daily: ReadonlySet<CopyId> } {
  const newestFirst = copies.toSorted((a, b) => b.finishedAt - a.finishedAt);
  const pick = (count: number, periodOf: (at: number) => string | number) => {
    const periods = new Map<string | number, CopyId>();
    for (const { id, finishedAt } of newestFirst) {
      const period = periodOf(finishedAt);
      if (!periods.has(period)) periods.set(period, id);
    }
    return [...periods.values()].slice(0, count);
  };
  const daily = new Set([
    ...newestFirst.slice(0, 1).map(({ id }) => id),
    ...pick(keep.daily, (at) => Math.floor(at / DAY_MS)),
  ]);
  // The epoch was a Thursday.
  const weekly = pick(keep.weekly, (at) => Math.floor((at / DAY_MS + 3) / 7));
  const monthly = pick(keep.monthly, (at) => new Date(at).toISOString().slice(0, 7));
  const hourly = pick(keep.hourly ?? 0, (at) => Math.floor(at / HOUR_MS));
  return { all: new Set([...hourly, ...daily, ...weekly, ...monthly]), daily };
}

export interface Retention {
  readonly keep: Keep;
  /** Keep the log since the oldest daily copy, not only what copies need of it. */
  readonly pitr: boolean;
  readonly now: number;
}

/**
 * Names of what may be deleted: copies that are not kept, and copies that were never finished; of the log whatever is
 * before the oldest daily copy, but for the parts that older copies need to be consistent; and what was merged into
 * something longer.
 */
export function garbageOf(catalog: Catalog, { keep, pitr, now }: Retention): readonly string[] {
  // What lacks its log can't be restored: it must not count in the place of one that can.
  const offered = offersOf(catalog).map(({ copy }) => copy);
  const counted = keptCopies(
    offered.map(({ id, manifest }) => ({ id, finishedAt: manifest.finishedAt })),
    keep,
  );
  const today = lastDay(offersOf(catalog), now);
  const all = counted.all.union(today);
  const bases = offered.flatMap(({ id, manifest }) => (all.has(id) ? (manifest.facts.bases ?? []) : []));
  const kept = {
    all: all.union(new Set(bases)),
    daily: counted.daily.union(today),
    offered: new Set(offered.map(({ id }) => id)),
  };
  const newest = catalog.eras.at(-1);
  return catalog.eras.flatMap((era) => {
    const copies = era.copies.filter((copy) => !isKept(copy, kept, now));
    const left = era.copies.filter((copy) => isKept(copy, kept, now));
    const log = uselessLog(era, left, pitr ? kept.daily : new Set());
    if (left.length > 0 || era === newest) return [...copies.flatMap((copy) => namesOf(era, copy)), ...log];
    // Nothing can be restored of it any more.
    return [...era.copies.flatMap((copy) => namesOf(era, copy)), ...era.log.map(({ name }) => name), ...rest(era)];
  });
}

/**
 * The first copy of the last 24 hours, in each era, and the first after each gap in its log: however often the store was
 * copied or restored since, any instant of that time that was ever there can be gone back to.
 */
function lastDay(offers: readonly Offer[], now: number): ReadonlySet<CopyId> {
  const young = offers.filter(({ copy }) => copy.manifest.finishedAt > now - DAY_MS);
  const firsts = young.filter((offer, index) => !young.slice(0, index).some((earlier) => leadsTo(earlier, offer)));
  return new Set(firsts.map(({ copy }) => copy.id));
}

/** By its log the one becomes the other. Without logs, the first stands for all. */
function leadsTo({ era, copy, log }: Offer, later: Offer): boolean {
  const [needs, itsNeeds] = [copy.manifest.facts.needs, later.copy.manifest.facts.needs];
  if (era !== later.era || needs === undefined || itsNeeds === undefined) return era === later.era;
  return (log.at(-1)?.to ?? needs.to) >= itsNeeds.from;
}

interface Kept {
  readonly all: ReadonlySet<CopyId>;
  readonly offered: ReadonlySet<CopyId>;
}

const DAMAGED_MS = 7 * DAY_MS;

function isKept(copy: Copy, { all, offered }: Kept, now: number): boolean {
  switch (copy.kind) {
    case 'whole':
      return offered.has(copy.id) ? all.has(copy.id) : now < copy.startedAt + DAMAGED_MS;
    case 'unfinished':
      return now < copy.startedAt + LIMITS.unfinishedMs;
    case 'damaged':
      // Somebody may want to see what became of it; it goes with its neighbours.
      return now < copy.startedAt + DAMAGED_MS;
  }
}

/** The manifest first: what is half deleted must not look whole. */
function namesOf(era: Era, copy: Copy): readonly string[] {
  return [manifestName(era.id, copy.id), ...copy.pieceNames];
}

function rest({ id }: Era): readonly string[] {
  return [headName(id), `${id}/era`];
}

function uselessLog(era: Era, left: readonly Copy[], daily: ReadonlySet<CopyId>): readonly string[] {
  const whole = left.filter((copy) => copy.kind === 'whole');
  const needs = whole.flatMap((copy) => {
    const { needs } = copy.manifest.facts;
    return needs === undefined ? [] : [{ ...needs, daily: daily.has(copy.id) }];
  });
  // An unfinished copy, or a first one that is yet to come, may need any of it.
  if (needs.length === 0 || left.length > whole.length) return mergedAway(era.log);
  const since = needs
    .filter(({ daily }) => daily)
    .map(({ from }) => from)
    .sort()[0];
  const isNeeded = (piece: LogPiece) =>
    (since !== undefined && piece.to > since) || needs.some(({ from, to }) => piece.to > from && piece.from < to);
  const gone = era.log.filter((piece) => !isNeeded(piece)).map(({ name }) => name);
  return [...new Set([...gone, ...mergedAway(era.log)])];
}

/** What lies within an earlier one, in the order of their beginnings. Of two that are the same, the first stays. */
function mergedAway(log: readonly LogPiece[]): readonly string[] {
  let to = '';
  return log.flatMap((piece) => {
    if (piece.to <= to) return [piece.name];
    to = piece.to;
    return [];
  });
}

/** Runs of small pieces that should become one: each begins where the one before ends. */
export function mergesOf(era: Pick<Listing['eras'][number], 'log'>, now: number): readonly (readonly LogPiece[])[] {
  return chainsOf(era.log)
    .map((pieces) => oldOf(pieces, now - LIMITS.mergeAfterMs))
    .flatMap(groups)
    .filter((group) => group.length > 1);
}

/**
 * All before the first that is young: with a younger one left out in the middle they would not touch each other any more. Of
 * some nobody knows when they were whole (`at` is 0, as while a server is ahead of what it has sent): those are as old as one
 * that comes after them.
 */
function oldOf(pieces: readonly LogPiece[], before: number): readonly LogPiece[] {
  const young = pieces.findIndex(({ at }) => at >= before);
  const old = young === -1 ? pieces : pieces.slice(0, young);
  return old.slice(0, old.findLastIndex(({ at }) => at > 0) + 1);
}

function chainsOf(log: readonly LogPiece[]): readonly (readonly LogPiece[])[] {
  const chains: (readonly LogPiece[])[] = [];
  for (let from = log[0]?.from; from !== undefined; ) {
    const { pieces, to } = chainFrom(from, log);
    chains.push(pieces);
    from = log.find((piece) => piece.from > to)?.from;
  }
  return chains;
}

/** By what positions say of their length, before compression. */
function groups(pieces: readonly LogPiece[]): readonly (readonly LogPiece[])[] {
  const found: LogPiece[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const piece of pieces) {
    const own = Number(logCount(piece.to) - logCount(piece.from));
    if (bytes + own > LIMITS.mergedBytes) {
      found.push([]);
      bytes = 0;
    }
    found.at(-1)?.push(piece);
    bytes += own;
  }
  return found;
}
