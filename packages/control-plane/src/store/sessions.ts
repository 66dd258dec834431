import type { Database } from './database.ts';

/** A browser that is logged in to the dashboard. Of both halves of what it shows, only hashes are kept. */
export interface Session {
  readonly id: string;
  readonly cookieHash: string;
  readonly keyHash: string;
  readonly startedAt: number;
  readonly seenAt: number;
  readonly expiresAt: number;
  readonly agent: string;
}

export interface Sessions {
  /** Keeps it; past so many, the ones that were not seen for the longest time are dropped. */
  put(session: Session, limit: number): void;
  byCookie(cookieHash: string): Session | undefined;
  list(): readonly Session[];
  seen(id: string, at: number): void;
  /** How many were ended; undefined: every one. */
  end(id: string | undefined): number;
  endExpired(now: number): void;
}

const COLUMNS =
  'id, cookie_hash AS cookieHash, key_hash AS keyHash, started_at AS startedAt, seen_at AS seenAt, expires_at AS expiresAt, agent';

export function openSessions(database: Database): Sessions {
  const insert = database.prepare('INSERT INTO dashboard_sessions VALUES (?, ?, ?, ?, ?, ?, ?)');
  const prune = database.prepare(
    'DELETE FROM dashboard_sessions WHERE id NOT IN (SELECT id FROM dashboard_sessions ORDER BY seen_at DESC LIMIT ?)',
  );
  const find = database.prepare(`SELECT ${COLUMNS} FROM dashboard_sessions WHERE cookie_hash = ?`);
  const all = database.prepare(`SELECT ${COLUMNS} FROM dashboard_sessions ORDER BY seen_at DESC`);
  const touch = database.prepare('UPDATE dashboard_sessions SET seen_at = ? WHERE id = ?');
  const remove = database.prepare('DELETE FROM dashboard_sessions WHERE id = ?');
  const clear = database.prepare('DELETE FROM dashboard_sessions');
  const expire = database.prepare('DELETE FROM dashboard_sessions WHERE expires_at <= ?');
  return {
    put: ({ id, cookieHash, keyHash, startedAt, seenAt, expiresAt, agent }, limit) => {
      insert.run(id, cookieHash, keyHash, startedAt, seenAt, expiresAt, agent);
      prune.run(limit);
    },
    byCookie: (cookieHash) => find.get(cookieHash) as Session | undefined,
    list: () => all.all() as unknown as Session[],
    seen: (id, at) => {
      touch.run(at, id);
    },
    end: (id) => Number((id === undefined ? clear.run() : remove.run(id)).changes),
    endExpired: (now) => {
      expire.run(now);
    },
  };
}
