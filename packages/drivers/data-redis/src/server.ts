import { layoutOf } from '@islet/driver';
import type { ServerKind } from '@islet/driver/server';
import { adminOf, isRejection, withClient } from './client.ts';
import { LIMITS, SETTINGS } from './options.ts';
import type { RedisRecord, StartedRedis } from './records.ts';
import { asServed } from './settings.ts';

export interface ServerPlace {
  readonly data: string;
  readonly accessFile: string;
  readonly port: number;
  /** What the service says beside `SETTINGS`, or instead. */
  readonly settings: Readonly<Record<string, string>>;
}

/** All on the command line, which is the same for a store made long ago; no password is among it. */
export function serverArguments({ data, accessFile, port, settings }: ServerPlace): readonly string[] {
  const own = { bind: '127.0.0.1', port: String(port), dir: data, aclfile: accessFile, daemonize: 'no', logfile: '' };
  return Object.entries({ ...SETTINGS, ...asServed(settings), ...own }).flatMap(([name, value]) => [
    `--${name}`,
    value,
  ]);
}

/** While it reads its data, it answers LOADING. */
async function ping(started: StartedRedis, signal: AbortSignal): Promise<boolean> {
  await withClient(adminOf(started), signal, (send) => send('PING'));
  return true;
}

export const REDIS: ServerKind<RedisRecord> = {
  engine: 'redis',
  product: 'Redis',
  records: 'redis',
  folderOf: layoutOf.redis,
  isSame: (one, other) => one.id !== undefined && one.id === other.id,
  stop: { graceMs: LIMITS.stopGraceMs, signal: 'SIGTERM' },
  readyMs: LIMITS.readyMs,
  // Who may log in is written down before it starts: the service is let in as soon as Islet is.
  ask: (started, _as, signal) => ping(started, signal),
  isRejection,
  complaint: { like: /fatal|error|bad |can't|failed|not /i, head: /^\d+:\w .*?(?=[*#-] )[*#-] / },
};
