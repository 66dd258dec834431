import type { RestoreTarget } from '@islet/driver';
import type { Catalog, Copy, Era, LogPiece } from './catalog.ts';
import { type Chain, chainFrom } from './chain.ts';
import type { CopyId, EraId } from './names.ts';

/**
 * What can be restored. A copy is offered if it is whole, and every piece of the log that it needs to be consistent is
 * there, and every other copy that holds a part of it. From its end on, every instant is offered up to where the log is without a gap. What is not certain is not
 * offered: there is no "perhaps".
 */
export interface Offer {
  readonly era: EraId;
  readonly copy: WholeCopy;
  /** Other copies that hold a part of it. */
  readonly bases: readonly WholeCopy[];
  /** From here on, to `to`, any instant can be restored with this copy. */
  readonly from: number;
  readonly to: number;
  readonly log: readonly LogPiece[];
}

export type WholeCopy = Extract<Copy, { kind: 'whole' }>;

/** Oldest first. */
export function offersOf({ eras }: Pick<Catalog, 'eras'>): readonly Offer[] {
  return eras.flatMap((era) => era.copies.flatMap((copy) => (copy.kind === 'whole' ? (offerOf(era, copy) ?? []) : [])));
}

/**
 * Of a whole copy that is not offered: the log that it needs was never stored, since whoever took it was killed before. Otherwise
 * that log is lost.
 */
export function isUnlogged({ head }: Pick<Era, 'head'>, copy: WholeCopy): boolean {
  const { needs } = copy.manifest.facts;
  return needs !== undefined && head !== undefined && head.to < needs.to;
}

function offerOf(era: Era, copy: WholeCopy): Offer | undefined {
  const { facts, finishedAt } = copy.manifest;
  const wanted = facts.bases ?? [];
  const bases = era.copies.filter((one) => one.kind === 'whole').filter(({ id }) => wanted.includes(id));
  if (bases.length < wanted.length) return undefined;
  const offer = { era: era.id, copy, bases, from: finishedAt };
  if (facts.needs === undefined) return { ...offer, to: finishedAt, log: [] };
  const chain = chainFrom(facts.needs.from, era.log);
  if (chain.to < facts.needs.to) return undefined;
  return { ...offer, to: Math.max(finishedAt, chain.at, headAt(era, chain)), log: chain.pieces };
}

/** Nothing was written since the last piece, up to when that was last written down. */
function headAt({ head }: Era, { to }: Chain): number {
  return head !== undefined && head.to === to ? head.at : 0;
}

export type Wanted =
  | { readonly kind: 'latest' }
  | { readonly kind: 'time'; readonly at: number }
  | { readonly kind: 'copy'; readonly copy: CopyId };

export type Choice =
  | { readonly kind: 'found'; readonly offer: Offer; readonly log: readonly LogPiece[]; readonly target: RestoreTarget }
  | { readonly kind: 'none'; readonly reason: string; readonly hint: string | undefined };

/**
 * Which copy, with which part of the log, makes a store as it was. For an instant: the newest copy that was finished by
 * then, in the era in which the instant lies. A store was restored or made anew at the beginning of an era, so what an
 * older era says of an instant within a newer one is no longer true.
 */
export function choose(catalog: Pick<Catalog, 'eras'>, wanted: Wanted): Choice {
  const offers = offersOf(catalog);
  const newest = offers.at(-1);
  if (newest === undefined) return { kind: 'none', reason: 'there is no complete backup', hint: undefined };
  switch (wanted.kind) {
    case 'latest':
      return { kind: 'found', offer: newest, log: newest.log, target: { kind: 'latest' } };
    case 'copy': {
      const offer = offers.find(({ copy }) => copy.id === wanted.copy);
      if (offer) return { kind: 'found', offer, log: needed(offer), target: { kind: 'copy' } };
      return { kind: 'none', reason: `there is no complete backup ${wanted.copy}`, hint: 'islet backup list' };
    }
    case 'time': {
      const era = catalog.eras.findLast(({ startedAt }) => startedAt <= wanted.at);
      const offer = offers.findLast((one) => one.era === era?.id && one.from <= wanted.at);
      if (offer === undefined) return { kind: 'none', ...tooEarly(offers, wanted.at) };
      return { kind: 'found', offer, log: offer.log, target: { kind: 'time', at: wanted.at } };
    }
  }
}

function needed({ copy, log }: Offer): readonly LogPiece[] {
  const to = copy.manifest.facts.needs?.to;
  const end = log.findIndex((piece) => to !== undefined && piece.to >= to);
  return to === undefined ? [] : log.slice(0, end + 1);
}

function tooEarly(offers: readonly Offer[], at: number): { readonly reason: string; readonly hint: string } {
  const next = offers.find(({ from }) => from > at);
  const before = offers.findLast(({ from }) => from <= at);
  const near = [
    before && `up to ${new Date(before.to).toISOString()}`,
    next && `from ${new Date(next.from).toISOString()} on`,
  ];
  return {
    reason: `nothing holds ${new Date(at).toISOString()}`,
    hint: `what can be restored nearby is ${near.filter(Boolean).join(', and ')}`,
  };
}
