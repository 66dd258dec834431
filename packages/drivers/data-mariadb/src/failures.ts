import { DriverError } from '@islet/driver';

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
