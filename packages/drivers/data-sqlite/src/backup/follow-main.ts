/**
 * Follows the logs of all SQLite files of a system, for whoever forked it, and ends with them.
 *
 * A process of its own: what SQLite does is done at once, and stores would wait for each other's pieces; a process that
 * opens and closes a file of SQLite's by itself takes SQLite's locks off it; and root becomes each file's owner while it
 * opens it, which holds for the whole process. One for all files, since each costs 50 MB.
 */

import { logPlace } from '@islet/driver';
import type { FileOwner, FollowAnswer, FollowRequest } from './follow-protocol.ts';
import { Followed } from './followed.ts';
import { LIMITS } from './limits.ts';
import { LogGap } from './wal-file.ts';

interface Known {
  readonly followed: Followed;
  askedAt: number;
  /** Something was said of it. */
  isTold: boolean;
  /** Whoever waits for what comes next. */
  waiting: { readonly id: number; readonly since: number } | undefined;
}

const known = new Map<string, Known>();
/** The highest count that a file's log ever had. */
const counts = new Map<string, bigint>();
let lookedForGoneAt = 0;

process.on('message', (request: FollowRequest) => {
  try {
    take(request);
  } catch (error) {
    answer({ id: request.id, ...failureOf(error) });
  }
});
// Nothing is closed: SQLite would empty the log of a file that nobody else has open, and nobody would know what was in it.
process.on('disconnect', () => process.exit(0));
setInterval(tick, LIMITS.lookMs);

function take(request: FollowRequest): void {
  const { id, path } = request;
  switch (request.kind) {
    case 'end': {
      const { followed } = known.get(path) ?? open(request, undefined);
      followed.look(Date.now());
      answer({ id, kind: 'end', end: followed.end });
      break;
    }
    case 'next': {
      const { from } = request;
      remember(path, from);
      const one = known.get(path);
      const found = one?.followed.acknowledge(from) ? one : reopen(request, from);
      found.askedAt = Date.now();
      found.waiting = { id, since: Date.now() };
    }
  }
}

function reopen(request: FollowRequest, from: string | undefined): Known {
  forget(request.path);
  return open(request, from);
}

function open({ path, owner }: FollowRequest, from: string | undefined): Known {
  const followed = as(owner, () => new Followed(path, from, counts.get(path) ?? 0n));
  const one: Known = { followed, askedAt: Date.now(), isTold: false, waiting: undefined };
  known.set(path, one);
  return one;
}

function tick(): void {
  const now = Date.now();
  const isTime = now >= lookedForGoneAt + LIMITS.goneMs;
  if (isTime) lookedForGoneAt = now;
  for (const [path, one] of known) {
    const { followed, waiting } = one;
    try {
      if (isTime && followed.isGone) throw new Error('the file is not there any more, or is another one');
      // What it sees is dated by this: the files before it took their time.
      followed.look(Date.now());
      remember(path, followed.end);
      if (waiting === undefined) {
        if (now > one.askedAt + LIMITS.lingerMs) forget(path);
        continue;
      }
      // Who begins to follow learns at once where the log is.
      const isQuiet = now >= waiting.since + (one.isTold ? LIMITS.quietMs : LIMITS.chunkMs);
      const chunk = followed.fetch(now) ?? (isQuiet ? followed.quiet() : undefined);
      if (chunk === undefined) continue;
      Object.assign(one, { waiting: undefined, askedAt: now, isTold: true } satisfies Partial<Known>);
      answer({ id: waiting.id, kind: 'chunk', chunk });
    } catch (error) {
      forget(path);
      if (waiting !== undefined) answer({ id: waiting.id, ...failureOf(error) });
    }
  }
}

function forget(path: string): void {
  const one = known.get(path);
  known.delete(path);
  one?.followed.close();
}

function remember(path: string, position: string | undefined): void {
  if (position === undefined) return;
  const { count } = logPlace(position);
  if (count > (counts.get(path) ?? 0n)) counts.set(path, count);
}

function failureOf(error: unknown): Pick<Extract<FollowAnswer, { kind: 'failed' }>, 'kind' | 'code' | 'why'> {
  const why = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', code: error instanceof LogGap ? 'gone' : 'unavailable', why };
}

function answer(message: FollowAnswer): void {
  process.send?.(message);
}

/** Nothing else happens meanwhile, in any thread: only this one opens files. */
function as<T>(owner: FileOwner | undefined, act: () => T): T {
  if (owner === undefined) return act();
  process.setegid?.(owner.gid);
  process.seteuid?.(owner.uid);
  try {
    return act();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
