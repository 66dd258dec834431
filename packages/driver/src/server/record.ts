import { randomBytes } from 'node:crypto';
import type { StoreLimits } from '../data.ts';

/** What every driver of servers remembers of one. Kept from before the first effect until the purge. */
export interface ServerRecord {
  readonly service: string;
  /** Where it was last started; undefined: never. */
  readonly port: number | undefined;
  /** By which the service is let in. */
  readonly password: string;
  /** What `rotate` replaced, and still lets in. */
  readonly replaced?: { readonly password: string; readonly at: number };
  /** The service's own settings, as they hold now. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What was asked for last. */
  readonly limits?: StoreLimits;
  /** A restore has begun and not ended: what is there can't be used, only purged. */
  readonly incomplete?: true;
}

export type Started<R extends ServerRecord> = R & { readonly port: number };

export function isStarted<R extends ServerRecord>(record: R | undefined): record is Started<R> {
  return record?.port !== undefined;
}

export function newPassword(): string {
  return randomBytes(32).toString('hex');
}
