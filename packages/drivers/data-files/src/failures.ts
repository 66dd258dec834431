import { DriverError } from '@islet/driver';

export function notThere(service: string): DriverError {
  return new DriverError('not-found', `${service} has no volumes`, { hint: 'provision them first' });
}

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of the files of ${service} did not finish`, {
    hint: `islet restore ${service} again`,
  });
}

export function noMigrations(service: string): DriverError {
  return new DriverError('unsupported', `the volumes of ${service} are folders, which have no schema to migrate`);
}
