import { randomBytes } from 'node:crypto';
import { newPassword, type ServerRecord, type Started } from '@islet/driver/server';
import { MOST_STARTS } from './backup/position.ts';
import { isOurs } from './names.ts';
import type { ServerVersion } from './server-version.ts';

/** How a service's server is reached, and by whom. */
export interface RedisRecord extends ServerRecord {
  /** The service's first user. */
  readonly name: string;
  /** Who logs in by `password`: after a rotation one of two that take turns. Absent: `name`. */
  readonly login?: string;
  readonly password: string;
  /** What `rotate` replaced, and still lets in. An older version gave the same user a second password. */
  readonly replaced?: { readonly login?: string; readonly password: string; readonly at: number };
  readonly adminPassword: string;
  /** Of the data: a store that was made anew, or restored, has another. An older version gave none. */
  readonly id?: string;
  /** Of the user that follows. */
  readonly followerPassword?: string;
  /** How often a server was started on this data. */
  readonly starts?: number;
  /** The server that last ran on the data. Absent: an older Islet did not note it. */
  readonly server?: ServerVersion;
}

export function newRecord(service: string): RedisRecord {
  const name = isOurs(service) || service === 'default' ? `svc-${service}` : service;
  const passwords = { password: newPassword(), adminPassword: newPassword() };
  return withFollower({ service, name, ...passwords, port: undefined });
}

/** With what an older version did not give it. */
export function withFollower<R extends RedisRecord>(record: R): R & Followed {
  return { ...record, id: record.id ?? newId(), followerPassword: record.followerPassword ?? newPassword() };
}

/** Before each start: what a server tells its replicas begins anew with it. */
export function startedAgain(record: RedisRecord, port: number): StartedRedis {
  const { starts = 0, ...before } = withFollower(record);
  // More can't be told apart: what comes is another line of its history.
  if (starts >= MOST_STARTS) return { ...before, port, id: newId(), starts: 1 };
  return { ...before, port, starts: starts + 1 };
}

export type Followed = RedisRecord & { readonly id: string; readonly followerPassword: string };

function newId(): string {
  return randomBytes(8).toString('hex');
}

export interface OwnLogin {
  readonly login: string;
  readonly password: string;
}

/** Who the service logs in as. */
export function loginOf({ name, login = name, password }: RedisRecord): OwnLogin {
  return { login, password };
}

/** Whom the next rotation makes. */
export function nextLogin(record: RedisRecord): string {
  const [some, other] = [`${record.name}.a`, `${record.name}.b`];
  return loginOf(record).login === some ? other : some;
}

export type StartedRedis = Started<RedisRecord>;
