import type { Entry, FileEntry } from './entries.ts';

/**
 * Which files of the last copy need not be read again while they are as they were.
 *
 * A copy that is based on others keeps all of those alive. One old file in a large copy, whose others are long gone, would hold all
 * of it for ever. So a base of which less than half is still used is given up: what is left of it is copied anew, and
 * retention deletes it. What is stored is thus at most twice what the copies hold, whatever is written and deleted.
 */
export interface Earlier {
  readonly id: string;
  readonly entries: readonly Entry[];
  /** How much each copy holds that it is made of. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** By path, each with its content's place as the next copy says it. */
export function reusable({ id, entries, sizes }: Earlier, mostBases: number): ReadonlyMap<string, FileEntry> {
  const files = entries.filter((entry) => entry.kind === 'file').map((entry) => placedIn(id, entry));
  const used = new Map<string, number>();
  for (const { spans } of files) {
    for (const { copy, bytes } of spans) used.set(copy, (used.get(copy) ?? 0) + bytes);
  }
  const worthIt = [...used]
    .filter(([copy, bytes]) => bytes * 2 >= (sizes.get(copy) ?? Number.POSITIVE_INFINITY))
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, mostBases);
  const kept = new Set(worthIt.map(([copy]) => copy));
  const found = files.filter(({ spans, stamp }) => stamp !== undefined && spans.every(({ copy }) => kept.has(copy)));
  return new Map(found.map((file) => [file.path, file]));
}

function placedIn(id: string, entry: FileEntry): FileEntry {
  return { ...entry, spans: entry.spans.map((span) => (span.copy === '' ? { ...span, copy: id } : span)) };
}

/** The copies that hold a part of these, but the one that is being made. */
export function basesOf(entries: readonly Entry[]): readonly string[] {
  const all = entries.flatMap((entry) => (entry.kind === 'file' ? entry.spans.map(({ copy }) => copy) : []));
  return [...new Set(all)].filter((copy) => copy !== '').sort();
}
