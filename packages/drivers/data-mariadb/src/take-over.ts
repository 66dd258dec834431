import { DriverError } from '@islet/driver';
import { runAs } from '@islet/supervise';
import { ADMIN, HOST } from './connect.ts';
import { requireProgram } from './programs.ts';
import type { StartedMariadb } from './record.ts';
import { ENVIRONMENT } from './server.ts';

/** The server's own tool brings the tables of users and rights, and all others, up to a server that runs on older data. */
export async function takeOver(started: StartedMariadb, path: string, signal: AbortSignal): Promise<void> {
  const { port, adminPassword, service } = started;
  const argv = ['--no-defaults', `--host=${HOST}`, `--port=${port}`, `--user=${ADMIN}`, '--force', '--silent'];
  const env = { ...ENVIRONMENT, MYSQL_PWD: adminPassword };
  const how = { user: undefined, cwd: '/', env, signal };
  const { code, output } = await runAs([requireProgram('mariadb-upgrade', path), ...argv], how);
  if (code === 0) return;
  const reason = output.match(/^.*(?:ERROR|FATAL|error).*$/m)?.[0] ?? output.trim().split('\n').at(-1) ?? '';
  throw new DriverError('unavailable', `the data of ${service} could not be taken over: mariadb-upgrade: ${reason}`, {
    hint: `islet restore ${service} --to latest, on a machine with the version of before, brings it back`,
  });
}
