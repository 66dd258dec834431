import { createHash } from 'node:crypto';
import { writeDurably } from '@islet/driver/records';
import { ADMIN, FOLLOWER, READER } from './names.ts';
import type { StorePlace } from './place.ts';
import { loginOf, type OwnLogin, type RedisRecord } from './records.ts';

/**
 * Who may do what, as the server reads it at its start. Passwords stand there as hashes. The service's user may do with its
 * data what it likes, and nothing with the server: not its settings, users, modules, replication or end.
 */
export function accessFile(record: RedisRecord): string {
  const admin = hashOf(record.adminPassword);
  return [
    // Nobody gets in as this one. What a server reads of its own log at its start it runs as this one, and leaves out, with a
    // line in its log and no more, every transaction and script that this one may not run.
    'user default off ~* &* +@all',
    `user ${ADMIN} on ${admin} ~* &* +@all`,
    `user ${READER} on ${admin} ~* &* -@all +@read ${LOOKING.join(' ')}`,
    ...(record.followerPassword === undefined ? [] : [`user ${followerOf(record.followerPassword).join(' ')}`]),
    ...ownLogins(record).map((login) => ['user', ...userOf(login)].join(' ')),
    '',
  ].join('\n');
}

/** The folder is root's; its server may read the file, and nobody but root can change it. */
export async function writeAccess({ accessFile: path, user }: StorePlace, record: RedisRecord): Promise<void> {
  await writeDurably(path, accessFile(record), user ? 0o640 : 0o600, user?.gid);
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

/** Who follows is told every change, so may see all; by what else a server tells where it is, this can't be misused. */
export function followerOf(password: string): readonly string[] {
  return [FOLLOWER, 'on', hashOf(password), 'resetchannels', '-@all', '+psync', '+replconf', '+ping', '+info'];
}

/** A password as the server keeps it. */
export function hashOf(password: string): string {
  return `#${createHash('sha256').update(password).digest('hex')}`;
}

/**
 * What it takes to look, beside what reads. Not all of a connection's own commands: `CLIENT PAUSE` holds up everybody, and
 * `CLIENT KILL` ends who is inside.
 */
const LOOKING = [
  '+auth',
  '+hello',
  '+ping',
  '+echo',
  '+select',
  '+reset',
  '+info',
  '+dbsize',
  '+memory|usage',
] as const;

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
