import { createHash } from 'node:crypto';
import { loginOf, type OwnLogin, type RedisRecord } from './records.ts';

/** Islet's own user, and one that looks and can change nothing. No service is given their password. */
export const ADMIN = 'islet';
export const READER = 'islet-reader';

/**
 * Who may do what, as the server reads it at its start. Passwords stand there as hashes. The service's user may do with its
 * data what it likes, and nothing with the server: not its settings, users, modules, replication or end.
 */
export function accessFile(record: RedisRecord): string {
  const admin = hashOf(record.adminPassword);
  return [
    'user default off',
    `user ${ADMIN} on ${admin} ~* &* +@all`,
    `user ${READER} on ${admin} ~* &* -@all +@read +@connection +info +dbsize +memory|usage`,
    ...ownLogins(record).map((login) => ['user', ...userOf(login)].join(' ')),
    '',
  ].join('\n');
}

/** Of the service: the one that holds, and the one that is to be retired. */
function ownLogins(record: RedisRecord): readonly OwnLogin[] {
  const { name, replaced } = record;
  if (replaced === undefined) return [loginOf(record)];
  const old = { login: replaced.login ?? name, password: replaced.password };
  return [loginOf(record), old];
}

/** Name and rules of a service's user, as `ACL SETUSER` takes them too. */
export function userOf({ login, password }: OwnLogin): readonly string[] {
  return [login, 'on', hashOf(password), '~*', '&*', '+@all', ...SERVERS_OWN.map((command) => `-${command}`)];
}

/** A password as the server keeps it. */
export function hashOf(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`;
}

const SERVERS_OWN = [
  'acl',
  'bgrewriteaof',
  'bgsave',
  'cluster',
  'config',
  'debug',
  'failover',
  'migrate',
  'module',
  'monitor',
  'psync',
  'replicaof',
  'save',
  'shutdown',
  'slaveof',
  'sync',
] as const;
