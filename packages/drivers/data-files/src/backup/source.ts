import type { StoreSource } from '@islet/driver';
import type { Owner } from '@islet/driver/owned-folder';
import { foldersText, parseFolders } from '../record.ts';

/** Everything that another process needs to copy the volumes of a service. */
export interface FilesSource {
  /** The folder that they are in. */
  readonly root: string;
  readonly folders: readonly string[];
  readonly owner: Owner | undefined;
  readonly identity: string;
}

export function sourceOf({ root, folders, owner, identity }: FilesSource): StoreSource {
  const user = owner === undefined ? {} : { uid: String(owner.uid), gid: String(owner.gid) };
  return { engine: 'files', how: { root, identity, folders: foldersText(folders), ...user } };
}

export function parseSource({ how: { root = '', identity = '', folders, uid, gid } }: StoreSource): FilesSource {
  const owner = uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  return { root, identity, folders: parseFolders(folders), owner };
}
