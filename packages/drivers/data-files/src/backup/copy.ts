import { createHash, type Hash } from 'node:crypto';
import type { CopyFacts, CopyOptions } from '@islet/driver';
import { LIMITS } from '../options.ts';
import { basesOf, reusable } from './bases.ts';
import { type Entry, type FileEntry, indexBytes, notesOf, parseIndex, parseNotes, shownPath } from './entries.ts';
import { type Found, look } from './look.ts';
import type { FilesSource } from './source.ts';

/** The content of every file that is new or has changed since the earlier copy, and at the end the index of all of them. */
export async function* copyFiles(
  { root, folders, owner }: FilesSource,
  { signal, earlier }: CopyOptions,
): AsyncGenerator<Uint8Array, CopyFacts> {
  const known =
    earlier === undefined
      ? new Map<string, FileEntry>()
      : reusable({ ...earlier, entries: await readIndex(earlier, { signal }) }, LIMITS.bases);
  const stamps = Object.fromEntries([...known].map(([path, { stamp = '' }]) => [path, stamp]));
  const entries: Entry[] = [];
  const [torn, unread]: [string[], string[]] = [[], []];
  let position = 0;
  let reading: Reading | undefined;
  for await (const seen of look({ root, folders, owner, known: stamps, namesOnly: false }, signal)) {
    switch (seen.kind) {
      case 'folder':
      case 'link':
        entries.push(seen);
        break;
      case 'same': {
        const entry = known.get(seen.path);
        if (entry !== undefined) entries.push(entry);
        break;
      }
      case 'file':
        reading = { about: seen, from: position, hash: createHash('sha256') };
        break;
      case 'data':
        reading?.hash.update(seen.bytes);
        position += seen.bytes.length;
        yield seen.bytes;
        break;
      case 'again':
        // What came of it is stored and never used.
        reading = reading && { ...reading, from: position, hash: createHash('sha256') };
        break;
      case 'read':
        if (reading !== undefined) entries.push(entryOf(reading, position, seen));
        if (seen.torn && reading !== undefined) torn.push(reading.about.path);
        break;
      case 'unread':
        unread.push(seen.path);
        break;
      case 'end':
        break;
    }
  }
  const index = indexBytes(entries);
  yield index;
  const files = entries.filter((entry) => entry.kind === 'file');
  const notes = notesOf({
    index: { from: position, bytes: index.length },
    files: files.length,
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
  });
  return {
    needs: undefined,
    notes,
    bases: basesOf(entries),
    lacks: told(unread, (path) => `${path} can't be read by its own user`),
    remarks: told(
      torn,
      (path) => `${path} changed while it was read, ${LIMITS.readings} times: what is kept of it is of no one moment`,
    ),
  };
}

function told(paths: readonly string[], sentence: (path: string) => string): readonly string[] {
  const rest = paths.length - LIMITS.toldPaths;
  const sentences = paths.slice(0, LIMITS.toldPaths).map((path) => sentence(shownPath(path)));
  return rest > 0 ? [...sentences, `the same holds of ${rest} more`] : sentences;
}

interface Reading {
  readonly about: Extract<Found, { kind: 'file' }>;
  readonly from: number;
  readonly hash: Hash;
}

function entryOf(
  { about, from, hash }: Reading,
  to: number,
  { stamp, torn }: Extract<Found, { kind: 'read' }>,
): FileEntry {
  const bytes = to - from;
  return {
    ...about,
    bytes,
    sha256: hash.digest('hex'),
    spans: bytes === 0 ? [] : [{ copy: '', from, bytes }],
    ...(stamp !== undefined && { stamp }),
    ...(torn && { torn }),
  };
}

/** All that a copy holds. */
export async function readIndex(
  { facts, read }: { readonly facts: CopyFacts; readonly read: NonNullable<CopyOptions['earlier']>['read'] },
  options: { readonly signal: AbortSignal },
): Promise<readonly Entry[]> {
  const { index } = parseNotes(facts);
  const parts: Uint8Array[] = [];
  for await (const part of read({ copy: '', ...index }, options)) parts.push(Uint8Array.from(part));
  return parseIndex(Buffer.concat(parts));
}
