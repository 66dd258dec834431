import { DriverError } from '@islet/driver';

export function noMigrations(service: string): DriverError {
  return new DriverError('unsupported', `the store of ${service} is Redis, which has no schema to migrate`, {
    hint: 'take `database.migrations` out of service.yaml',
  });
}
