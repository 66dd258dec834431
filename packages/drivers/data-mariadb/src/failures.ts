import { DriverError } from '@islet/driver';

export function endedAtStart(service: string, complaint: string): DriverError {
  const code = /no space left|disk is full/i.test(complaint) ? 'no-space' : 'unavailable';
  return new DriverError(code, `the MariaDB server of ${service} ended at its start: ${complaint}`, {
    hint: `islet logs, or the file mariadb-${service}.log in its log folder, says more`,
  });
}

export function strangerInside(service: string): DriverError {
  return new DriverError('refused', `the MariaDB server of ${service} doesn't know Islet's own user`, {
    hint: 'that user is made at each start: look who changed it, and stop the server',
  });
}

export function lostRecord(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} has MariaDB data in ${folder}, and its record is gone`, {
    hint: `restore mariadb/${service}.json in the state folder, or move the data away to begin with an empty one`,
  });
}

export function lostData(service: string, folder: string): DriverError {
  return new DriverError('refused', `${service} had MariaDB data in ${folder}, and it is gone`, {
    hint: `islet restore ${service} --to latest; or islet down --purge to begin with an empty one`,
  });
}

export function noUser(service: string): DriverError {
  return new DriverError('unsupported', `MariaDB does not run as root, and ${service} has no user of its own`, {
    hint: 'run Islet as another user',
  });
}

export function installFailed(folder: string, output: string): DriverError {
  const reason = output.match(/^.*(?:ERROR|FATAL|error:).*$/m)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  const code = /no space left/i.test(output) ? 'no-space' : 'internal';
  return new DriverError(code, `MariaDB's data in ${folder} can't be made: ${reason}`);
}

export function serverRuns(service: string): DriverError {
  return new DriverError('refused', `the MariaDB server of ${service} runs`, { hint: 'stop it first' });
}

export function unfinishedRestore(service: string): DriverError {
  return new DriverError('refused', `a restore of ${service} did not finish: what is there can't be used`, {
    hint: 'restore it again, or purge it',
  });
}
