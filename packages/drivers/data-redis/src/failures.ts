import { DriverError } from '@islet/driver';

export function endedAtStart(service: string, complaint: string): DriverError {
  const code = /no space left|disk is full/i.test(complaint) ? 'no-space' : 'unavailable';
  return new DriverError(code, `the Redis server of ${service} ended at its start: ${complaint}`);
}

export function strangerInside(service: string): DriverError {
  return new DriverError('refused', `the Redis server of ${service} doesn't know Islet's own user`, {
    hint: 'its users are written at each start: look who changed them, and stop the server',
  });
}

export function lostRecord(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} has Redis data in ${folder}, and its record is gone`, {
    hint: `restore redis/${service}.json in the state folder, or move the data away`,
  });
}

export function lostData(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} had Redis data in ${folder}, and it is gone`, {
    hint: `islet restore ${service} --to latest; or islet down --purge to begin with an empty one`,
  });
}

export function serverRuns(service: string): DriverError {
  return new DriverError('refused', `the Redis server of ${service} runs`, { hint: 'stop it first' });
}

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of ${service} did not finish: what is there can't be used`, {
    hint: 'restore it again, or purge it',
  });
}

export function noMigrations(service: string): DriverError {
  return new DriverError('unsupported', `the store of ${service} is Redis, which has no schema to migrate`, {
    hint: 'take `database.migrations` out of service.yaml',
  });
}
