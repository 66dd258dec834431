/**
 * Writes files that it is told of, frame by frame, on stdin: a folder, a link, or a file and then its content. It starts as
 * Islet's own user, and then becomes their owner. Everything is on disk when it ends well.
 */

import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  futimesSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { become } from '@islet/driver/become';
import type { Owner } from '@islet/driver/owned-folder';
import type { Entry, FileEntry, FolderEntry } from './entries.ts';
import { framesOf } from './frames.ts';

/** The first that is told. */
export interface WriteRequest {
  readonly root: string;
  readonly owner: Owner | undefined;
}

const folders: FolderEntry[] = [];
let root: string | undefined;
let open: { readonly file: number; readonly entry: FileEntry } | undefined;

for await (const frame of framesOf(process.stdin)) {
  if (frame.kind === 'data') {
    for (let from = 0; open !== undefined && from < frame.bytes.length; )
      from += writeSync(open.file, frame.bytes, from);
    continue;
  }
  if (root === undefined) {
    const { owner, ...request } = frame.told as WriteRequest;
    become(owner);
    root = request.root;
    continue;
  }
  endFile();
  begin(frame.told as Entry);
}
endFile();
// From the inside out: whatever is put into a folder changes its time, and its mode may keep its owner out.
for (const { path, mode, changedAt } of folders.toReversed()) {
  if (path.includes('/')) chmodSync(placeOf(path), mode);
  utimesSync(placeOf(path), changedAt / 1000, changedAt / 1000);
}

function begin(entry: Entry): void {
  const place = placeOf(entry.path);
  switch (entry.kind) {
    case 'folder':
      // A volume itself is there, and is Islet's to make.
      if (entry.path.includes('/')) mkdirSync(place, { mode: 0o700 });
      folders.push(entry);
      return;
    case 'link':
      symlinkSync(Buffer.from(entry.target, 'latin1'), place);
      lutimesSync(place, entry.changedAt / 1000, entry.changedAt / 1000);
      return;
    case 'file': {
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
      open = { file: openSync(place, flags, 0o600), entry };
      return;
    }
  }
}

function endFile(): void {
  if (open === undefined) return;
  const { file, entry } = open;
  fchmodSync(file, entry.mode);
  futimesSync(file, entry.changedAt / 1000, entry.changedAt / 1000);
  fsyncSync(file);
  closeSync(file);
  open = undefined;
}

function placeOf(path: string): Buffer {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..')) throw new Error(`Error: ${path} is no path`);
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, 'latin1')]);
}
