import { createHash } from 'node:crypto';
import type { RedisRecord } from './records.ts';

/** Islet's own user, and one that looks and can change nothing. No service is given their password. */
export const ADMIN = 'islet';
export const READER = 'islet-reader';

/**
 * Who may do what, as the server reads it at its start. Passwords stand there as hashes. The service's user may do with its
 * data what it likes, and nothing with the server: not its settings, users, modules, replication or end.
 */
export function accessFile(record: RedisRecord): string {
  const admin = hashOf(record.adminPassword);
  const own = [record.password, ...(record.replaced === undefined ? [] : [record.replaced.password])].map(hashOf);
  return [
    'user default off',
    `user ${ADMIN} on ${admin} ~* &* +@all`,
    `user ${READER} on ${admin} ~* &* -@all +@read +@connection +info +dbsize +memory|usage`,
    `user ${record.name} on ${own.join(' ')} ~* &* +@all ${SERVERS_OWN.map((command) => `-${command}`).join(' ')}`,
    '',
  ].join('\n');
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
