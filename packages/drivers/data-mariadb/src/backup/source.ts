import { DriverError, type StoreSource } from '@islet/driver';
import type { UnixUser } from '@islet/supervise';
import { ADMIN, type Where } from '../connect.ts';
import type { StartedMariadb } from '../record.ts';

/** Everything that another process needs to copy and follow a server. */
export interface MariadbSource {
  readonly identity: string;
  readonly port: number;
  readonly adminPassword: string;
  /** The service's database. */
  readonly name: string;
  readonly data: string;
  /** Whose the data is; undefined: whoever asks. */
  readonly user: UnixUser | undefined;
}

export function sourceOf(
  { id, port, adminPassword, name }: StartedMariadb,
  place: Pick<MariadbSource, 'data' | 'user'>,
): StoreSource {
  const { data, user } = place;
  const owner = user === undefined ? {} : { user: user.name, uid: String(user.uid), gid: String(user.gid) };
  return { engine: 'mariadb', how: { id, port: String(port), password: adminPassword, name, data, ...owner } };
}

export function parseSource({ how }: StoreSource): MariadbSource {
  const { id = '', port = '', password = '', name = '', data = '', user = '', uid, gid } = how;
  const owner = uid === undefined || gid === undefined ? undefined : { name: user, uid: Number(uid), gid: Number(gid) };
  return { identity: id, port: Number(port), adminPassword: password, name, data, user: owner };
}

export function adminOf({ port, adminPassword }: MariadbSource): Where {
  return { port, login: ADMIN, password: adminPassword, database: undefined };
}

export function away(what: string, error: unknown): DriverError {
  if (error instanceof DriverError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new DriverError('unavailable', `MariaDB ${what}: ${why}`, { cause: error });
}
