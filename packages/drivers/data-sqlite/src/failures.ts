import { DriverError } from '@islet/driver';

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of the SQLite file of ${service} did not finish`, {
    hint: `islet restore ${service} again`,
  });
}
