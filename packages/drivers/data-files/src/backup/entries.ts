import type { CopyFacts, CopySpan } from '@islet/driver';

/**
 * What a copy of files is made of. Its bytes are the content of the files that have changed since the copy before, one after the
 * other, and at their end the index: all files that there are, each with its hash and where its content is, in this copy or in an
 * earlier one. So a copy that is whole names all that it needs.
 *
 * A path is relative to the folder of the volumes and begins with a volume's name. It is written byte by byte (Latin-1), since a
 * file's name is bytes and need be no text.
 */
export type Entry = FolderEntry | LinkEntry | FileEntry;

export interface FolderEntry {
  readonly kind: 'folder';
  readonly path: string;
  /** The lower nine bits. */
  readonly mode: number;
  readonly changedAt: number;
}

export interface LinkEntry {
  readonly kind: 'link';
  readonly path: string;
  readonly changedAt: number;
  readonly target: string;
}

export interface FileEntry {
  readonly kind: 'file';
  readonly path: string;
  readonly mode: number;
  readonly changedAt: number;
  readonly bytes: number;
  readonly sha256: string;
  readonly spans: readonly CopySpan[];
  /** Its inode, length and times when it was read; absent: it was changing just then, and is read again by the next copy. */
  readonly stamp?: string;
  /** It changed while it was read, each time: what is stored may be of no moment. */
  readonly torn?: true;
}

/** What is kept beside the bytes. */
export interface FilesNotes {
  readonly index: { readonly from: number; readonly bytes: number };
  readonly files: number;
  /** Of all files, wherever their content is stored. */
  readonly bytes: number;
}

export function notesOf({ index, files, bytes }: FilesNotes): CopyFacts['notes'] {
  return { indexFrom: String(index.from), indexBytes: String(index.bytes), files: String(files), bytes: String(bytes) };
}

export function parseNotes({ notes: { indexFrom, indexBytes, files, bytes } }: CopyFacts): FilesNotes {
  const index = { from: Number(indexFrom), bytes: Number(indexBytes) };
  return { index, files: Number(files), bytes: Number(bytes) };
}

/** One line each. */
export function indexBytes(entries: readonly Entry[]): Buffer {
  return Buffer.from(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

export function parseIndex(bytes: Uint8Array): readonly Entry[] {
  const lines = Buffer.from(bytes).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Entry);
}

/** For people. */
export function shownPath(path: string): string {
  return Buffer.from(path, 'latin1').toString();
}
