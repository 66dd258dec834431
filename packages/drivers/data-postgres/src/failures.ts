import { DriverError } from '@islet/driver';
import type { Guarantee } from '@islet/supervise';
import { lastComplaint } from './server.ts';

export function noUser(service: string, guarantees: readonly Guarantee[]): DriverError {
  const reason = guarantees.find(({ name, held }) => name === 'isolation between services' && !held)?.reason;
  return new DriverError('unsupported', `PostgreSQL refuses to run as root, and ${service} has no user of its own`, {
    hint: reason ?? 'run Islet as another user',
  });
}

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of ${service} did not finish: what is there can't be used`, {
    hint: 'restore it again, or purge it',
  });
}

export function lostCredentials(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} has a PostgreSQL cluster in ${folder}, but its credentials are gone`, {
    hint: `restore credentials/${service}.json in the state folder, or move the cluster away to begin with an empty one`,
  });
}

/** An empty one in its place would look like a service without data. */
export function lostCluster(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} had a PostgreSQL cluster in ${folder}, and it is gone`, {
    hint: `islet restore ${service} --to latest; or islet down --purge to begin with an empty one`,
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

export function strangerInside(service: string): DriverError {
  return new DriverError('refused', `the PostgreSQL server of ${service} doesn't know Islet's own user`, {
    hint: 'the cluster and its credentials are not of one age: restore both from one backup',
  });
}

export function endedAtStart(service: string, written: string): DriverError {
  const complaint = lastComplaint(written) ?? 'it left no word in its log';
  const code = /no space left/i.test(written) ? 'no-space' : 'unavailable';
  return new DriverError(code, `the PostgreSQL server of ${service} ended at its start: ${complaint}`);
}
