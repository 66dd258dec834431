import { DriverError } from '@islet/driver';
import type { Guarantee } from '@islet/supervise';

export function noUser(service: string, guarantees: readonly Guarantee[]): DriverError {
  const reason = guarantees.find(({ name, held }) => name === 'isolation between services' && !held)?.reason;
  return new DriverError('unsupported', `PostgreSQL refuses to run as root, and ${service} has no user of its own`, {
    hint: reason ?? 'run Islet as another user',
  });
}

/** Before anything of it is touched: a server of another version would end at its start. */
export function noPrograms(service: string, { made, reason, hint }: NoPrograms): DriverError {
  if (made === undefined)
    return new DriverError('unsupported', `${service} has no PostgreSQL server: ${reason}`, { hint });
  return new DriverError('refused', `the data of ${service} is of PostgreSQL ${made}: ${reason}`, { hint });
}

interface NoPrograms {
  readonly made: number | undefined;
  readonly reason: string;
  readonly hint: string;
}

/** The file asks for another version than the data is of. */
export function otherVersion(service: string, { made, asked }: { made: number; asked: number }): DriverError {
  return new DriverError('refused', `the data of ${service} is of PostgreSQL ${made}, and not of ${asked}`, {
    hint:
      asked > made
        ? `write version: ${made}; or upgrade: copy beside it, to take the data over while the service is down`
        : `write version: ${made}`,
  });
}
