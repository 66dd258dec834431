import { type Catalog, type Choice, choose, type Offer, offersOf, type Wanted } from '@islet/backup';
import type { KeptStore } from './kept-stores.ts';

/*
 * A service's stores as of one moment. A database has a log, and can be had as of any instant. Files have none: there is a copy of
 * them every hour or so, each file of which is as it was at some instant between the copy's beginning and its end.
 *
 * So the wish is for an instant, and the first store, the database, is brought to just there. Of the files the newest copy is taken that
 * was whole by then. What lies between the two is the skew, which is told. There is none to speak of for whoever wishes for a copy of
 * the files: the database is then as of that copy's beginning. A service writes a file before it writes down that it has it; so
 * every file that the database knew of when the copy began is in the copy, unless it was deleted meanwhile.
 */
export interface StoreCatalog {
  readonly store: KeptStore;
  /** Undefined: it was never backed up. */
  readonly catalog: Pick<Catalog, 'eras'> | undefined;
}

export type Found = Extract<Choice, { kind: 'found' }>;

export interface Part {
  readonly store: KeptStore;
  /** Undefined: no copy of it is as old as that, and it is left as it is. */
  readonly choice: Found | undefined;
}

export type Moment =
  /** In the order of the stores. */
  { readonly kind: 'found'; readonly parts: readonly Part[] } | Extract<Choice, { kind: 'none' }>;

export function momentOf(wanted: Wanted, catalogs: readonly StoreCatalog[]): Moment {
  const parts: Part[] = [];
  const wishes = wishesOf(wanted, catalogs);
  for (const [index, { store, catalog }] of catalogs.entries()) {
    const choice: Choice =
      catalog === undefined
        ? { kind: 'none', reason: 'it was never backed up', hint: undefined }
        : choose(catalog, wishes[index] ?? wanted);
    // What has no history that far back must not keep from the history that there is.
    if (choice.kind === 'none' && index === 0) return choice;
    parts.push({ store, choice: choice.kind === 'found' ? choice : undefined });
  }
  return { kind: 'found', parts };
}

/** A copy is one store's own; the others are wished for as of its instant. */
function wishesOf(wanted: Wanted, catalogs: readonly StoreCatalog[]): readonly Wanted[] {
  if (wanted.kind !== 'copy') return catalogs.map(() => wanted);
  const copies = catalogs.map(({ catalog }) =>
    catalog === undefined ? undefined : offersOf(catalog).find(({ copy }) => copy.id === wanted.copy),
  );
  const owner = copies.findIndex((copy) => copy !== undefined);
  const found = copies[owner];
  if (found === undefined) return catalogs.map(() => wanted);
  // What is chosen by a copy of the files is what they knew of when it began.
  const at = owner === 0 ? found.copy.manifest.finishedAt : found.copy.manifest.startedAt;
  return catalogs.map((_, index) => (index === owner ? wanted : { kind: 'time', at }));
}

/** As of when a store is once it is restored. Of one without a log, when its copy began. */
export function instantOf({ offer, target }: Found): number {
  if (offer.copy.manifest.facts.needs === undefined) return offer.copy.manifest.startedAt;
  // What came after the end of the log is not there, whatever was asked for.
  if (target.kind === 'time') return Math.min(target.at, offer.to);
  return target.kind === 'copy' ? offer.copy.manifest.finishedAt : offer.to;
}

/** What is to be said of the stores beside the first; each continues "its data is as of …". */
export function skewNotes([first, ...others]: readonly Part[]): readonly string[] {
  const at = first?.choice && instantOf(first.choice);
  return others.map(({ choice }) => {
    if (choice === undefined) return 'no copy of its files is as old as that: they are as they were';
    return `its files are ${filesText(choice.offer, at)}`;
  });
}

function filesText({ copy }: Offer, at: number | undefined): string {
  const { startedAt, finishedAt } = copy.manifest;
  const taken = `as of ${new Date(startedAt).toISOString()}, copied within ${seconds(finishedAt - startedAt)}`;
  if (at === undefined || Math.abs(at - startedAt) < 1000) return taken;
  return `${taken}, ${seconds(Math.abs(at - startedAt))} ${at > startedAt ? 'before' : 'after'} the data`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
