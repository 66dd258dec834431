import type { StoreSource } from '@islet/driver';
import type { FileOwner } from './follow-protocol.ts';

/** Everything that another process needs to copy and follow a file. */
export interface SqliteSource {
  readonly path: string;
  readonly owner: FileOwner | undefined;
  /** Given when the store was made. */
  readonly identity: string;
}

export function sourceOf({ path, owner, identity }: SqliteSource): StoreSource {
  const user = owner === undefined ? {} : { uid: String(owner.uid), gid: String(owner.gid) };
  return { engine: 'sqlite', how: { path, identity, ...user } };
}

export function parseSource({ how: { path = '', identity = '', uid, gid } }: StoreSource): SqliteSource {
  const owner = uid === undefined || gid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
  return { path, identity, owner };
}
