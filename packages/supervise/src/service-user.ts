import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isolationProblem } from './guarantees.ts';
import { LIMITS } from './limits.ts';
import type { UnixUser } from './model.ts';
import { systemTool } from './switch-user.ts';
import { Turns } from './turns.ts';

/** Of this process. Those of others are kept apart by the lock of the files. */
const turns = new Turns();

export interface ServiceOfSystem {
  /** The system's id. */
  readonly system: string;
  readonly service: string;
}

/**
 * The Unix user that a service of a system runs as, made at the first call. Undefined where there can be none (see the
 * guarantee "isolation between services"). It has no home, no password, no shell, and a group of its own.
 */
export async function serviceUser(of: ServiceOfSystem): Promise<UnixUser | undefined> {
  if (isolationProblem() !== undefined) return undefined;
  const name = userName(of);
  return find(name) ?? (await turns.take('accounts', () => make(name)));
}

/** Removes it; does nothing where there is none. */
export async function removeServiceUser(of: ServiceOfSystem): Promise<void> {
  const name = userName(of);
  const user = isolationProblem() === undefined ? find(name) : undefined;
  if (user === undefined) return;
  for (const folder of SHARED_FOLDERS) await removeOwnedBy(user, folder);
  await turns.take('accounts', async () => {
    if (find(name) !== undefined) await tryUntilUnlocked('userdel', [name], () => find(name) === undefined);
  });
}

/** Where every user of a machine may leave something; a JVM does whatever `TMPDIR` says. */
const SHARED_FOLDERS = ['/tmp', '/var/tmp'];

/** The number of a user that is no more is given to another one, who would own what is left. */
async function removeOwnedBy({ uid }: UnixUser, folder: string): Promise<void> {
  for (const entry of await readdir(folder).catch(() => [])) {
    const path = join(folder, entry);
    const owner = await lstat(path).then(
      (stats) => stats.uid,
      () => undefined,
    );
    if (owner === uid) await rm(path, { recursive: true, force: true });
  }
}

/** At most 32 characters, the longest that Linux allows, and unique for a service of any length of name. */
export function userName({ system, service }: ServiceOfSystem): string {
  const key = createHash('sha256').update(`${system}\0${service}`).digest('hex').slice(0, 8);
  const readable = service.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
  return `islet-${readable.slice(0, 16)}-${key}`;
}

async function make(name: string): Promise<UnixUser> {
  const options = [
    '--system',
    '--no-create-home',
    '--home-dir',
    '/nonexistent',
    '--user-group',
    '--shell',
    '/usr/sbin/nologin',
  ];
  await tryUntilUnlocked('useradd', [...options, name], () => find(name) !== undefined);
  const user = find(name);
  if (user === undefined) throw new Error(`useradd made no user ${name}`);
  return user;
}

/** `name:x:uid:gid:…`: passwd(5). Users that Islet makes are always local. */
function find(name: string): UnixUser | undefined {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  return line === undefined ? undefined : { name, uid: Number(uid), gid: Number(gid) };
}

/** Other systems, and the machine's administrator, edit the same files: their lock is held for an instant only. */
async function tryUntilUnlocked(tool: string, args: readonly string[], done: () => boolean): Promise<void> {
  const path = systemTool(tool);
  if (path === undefined) throw new Error(`${tool} is missing: install shadow (passwd)`);
  for (let tries = 1; ; tries++) {
    try {
      await promisify(execFile)(path, args, { timeout: LIMITS.accountMs, env: {} });
      return;
    } catch (error) {
      if (done()) return;
      if (tries >= LIMITS.accountTries) throw new Error(`${tool} ${args.at(-1)} failed`, { cause: error });
      await pause(50 * Math.min(tries, 5));
    }
  }
}
