import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Session, Sessions } from '../store/sessions.ts';

/**
 * Who may come into the dashboard.
 *
 * A login link is good once and for minutes. What comes of it is a session in two halves, since a cookie alone proves
 * little on a loopback address: browsers send it to every port of the same host, so any program that is visited there
 * (a service, a stranger's server) would read it. The other half stays in the storage of the dashboard's own origin,
 * which includes its port, and goes in a header. Script in the page could read that half, but never the cookie.
 */
export interface Doorkeeper {
  /** The code of a login link. */
  invite(): { readonly code: string; readonly expiresAt: number };
  /** Undefined: the code was used, is too old, or was never given. */
  enter(code: string, agent: string): Entered | undefined;
  /** Whose request this is; undefined: nobody's who is in. */
  find(shown: { readonly cookie: string | undefined; readonly key: string | undefined }): Admitted | undefined;
  list(): readonly Omit<Session, 'cookieHash' | 'keyHash'>[];
  /** Logs out one, or with undefined all: how many. What they still listen to ends. */
  end(id: string | undefined): number;
}

export interface Entered {
  readonly cookie: string;
  readonly key: string;
  readonly expiresAt: number;
}

export interface Admitted {
  readonly id: string;
  /** Aborted when the session is over: logged out, pushed out by newer ones, or past its days. */
  readonly ended: AbortSignal;
}

export const INVITATION_MS = 5 * 60_000;
export const SESSION_MS = 30 * 86_400_000;
const INVITATIONS = 16;
const SESSIONS = 64;
/** How exact `seenAt` is: a write to the disk for every request would be none's gain. */
const SEEN_MS = 60_000;
const LOOK_MS = 60_000;

export interface DoorkeeperParts {
  readonly sessions: Sessions;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly secret?: () => string;
}

export function createDoorkeeper({ sessions, clock, secret = randomSecret }: DoorkeeperParts): Doorkeeper {
  const now = () => clock.now();
  const invitations = new Map<string, number>();
  const listening = new Map<string, Listening>();
  let timer: Disposable | undefined;

  const hush = (isOver: (session: Listening) => boolean) => {
    for (const one of [...listening.values()].filter(isOver)) {
      one.over.abort();
      listening.delete(one.id);
    }
    wait();
  };
  /** Timers count what passes, and sessions end by the wall clock, which may be put forward: none waits for long. */
  const wait = () => {
    timer?.[Symbol.dispose]();
    const nextMs = Math.min(LOOK_MS, ...[...listening.values()].map(({ expiresAt }) => expiresAt - now()));
    const look = () => hush(({ expiresAt }) => expiresAt <= now());
    timer = listening.size === 0 ? undefined : clock.after(nextMs, look, { background: true });
  };
  const signalOf = ({ id, expiresAt }: Session): AbortSignal => {
    const known = listening.get(id);
    if (known !== undefined) return known.over.signal;
    const over = new AbortController();
    listening.set(id, { id, expiresAt, over });
    wait();
    return over.signal;
  };

  return {
    invite: () => {
      const code = secret();
      const expiresAt = now() + INVITATION_MS;
      const [oldest] = invitations.keys();
      if (invitations.size >= INVITATIONS && oldest !== undefined) invitations.delete(oldest);
      invitations.set(hashOf(code), expiresAt);
      return { code, expiresAt };
    },
    enter: (code, agent) => {
      const hash = hashOf(code);
      const goodUntil = invitations.get(hash);
      invitations.delete(hash);
      if (goodUntil === undefined || goodUntil <= now()) return undefined;
      const [cookie, key, at] = [secret(), secret(), now()];
      const expiresAt = at + SESSION_MS;
      sessions.endExpired(at);
      sessions.put(
        {
          id: secret().slice(0, 12),
          cookieHash: hashOf(cookie),
          keyHash: hashOf(key),
          startedAt: at,
          seenAt: at,
          expiresAt,
          agent: agent.slice(0, 200),
        },
        SESSIONS,
      );
      const there = new Set(sessions.list().map(({ id }) => id));
      hush(({ id }) => !there.has(id));
      return { cookie, key, expiresAt };
    },
    find: ({ cookie, key }) => {
      if (cookie === undefined || key === undefined) return undefined;
      const session = sessions.byCookie(hashOf(cookie));
      if (session === undefined || session.expiresAt <= now() || !isSame(session.keyHash, hashOf(key)))
        return undefined;
      if (now() - session.seenAt >= SEEN_MS) sessions.seen(session.id, now());
      return { id: session.id, ended: signalOf(session) };
    },
    list: () => {
      sessions.endExpired(now());
      return sessions.list().map(({ cookieHash: _, keyHash: __, ...session }) => session);
    },
    end: (id) => {
      const ended = sessions.end(id);
      hush((session) => id === undefined || id === session.id);
      return ended;
    },
  };
}

interface Listening {
  readonly id: string;
  readonly expiresAt: number;
  readonly over: AbortController;
}

function randomSecret(): string {
  return randomBytes(24).toString('base64url');
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isSame(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a), Buffer.from(b));
}
