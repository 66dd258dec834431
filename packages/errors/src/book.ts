import { chmodSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { type ErrorGroup, markGroup, type Occurrence, seen } from './group.ts';

/** All groups of a system, which outlive whoever keeps them. */
export interface ErrorBook {
  /** Counts it; on disk with the next `keep`. */
  add(occurrence: Occurrence): ErrorGroup;
  /** Writes what has changed; cheap where nothing has. */
  keep(): void;
  /** The ones seen last first. */
  list(filter: GroupFilter): readonly ErrorGroup[];
  find(group: string): ErrorGroup | undefined;
  /** Durable when it returns. Undefined: there is no such group. */
  mark(group: string, state: 'open' | 'ignored' | 'resolved', now: number): ErrorGroup | undefined;
  close(): void;
}

export interface GroupFilter {
  readonly service?: string | undefined;
  readonly state?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Of one service. A service that throws something else each time must not push out another's. */
const KEPT_GROUPS = 500;

/** `:memory:` for a test. A write that fails (a full disk) is tried again with the next `keep`, and told by throwing. */
export function openErrorBook(path: string): ErrorBook {
  const database = new DatabaseSync(path);
  if (path !== ':memory:') chmodSync(path, 0o600);
  database.exec(`
    PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=5000;
    CREATE TABLE IF NOT EXISTS groups (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;
  `);
  const put = database.prepare('INSERT OR REPLACE INTO groups (id, document) VALUES (?, ?)');
  const drop = database.prepare('DELETE FROM groups WHERE id = ?');
  const rows = database.prepare('SELECT document FROM groups').all() as { document: string }[];
  const groups = new Map(rows.map(({ document }) => JSON.parse(document) as ErrorGroup).map((one) => [one.group, one]));
  const perService = new Map<string, number>();
  for (const { service } of groups.values()) perService.set(service, (perService.get(service) ?? 0) + 1);
  const dirty = new Set<string>();

  const keep = () => {
    if (dirty.size === 0) return;
    database.exec('BEGIN IMMEDIATE');
    try {
      for (const id of dirty) {
        const group = groups.get(id);
        if (group === undefined) drop.run(id);
        else put.run(id, JSON.stringify(group));
      }
      database.exec('COMMIT');
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
    dirty.clear();
  };
  const makeRoom = (service: string) => {
    const own = [...groups.values()].filter((group) => group.service === service);
    // What a person has looked at and put aside stays longest: it would come back as news.
    const [oldest] = own.toSorted((a, b) => rank(a) - rank(b) || a.lastSeen - b.lastSeen);
    if (oldest === undefined) return;
    groups.delete(oldest.group);
    dirty.add(oldest.group);
    perService.set(service, own.length - 1);
  };

  return {
    add: (occurrence) => {
      const { group: id, service } = occurrence;
      const before = groups.get(id);
      const after = seen(before, occurrence);
      if (after === before) return after;
      if (before === undefined) {
        if ((perService.get(service) ?? 0) >= KEPT_GROUPS) makeRoom(service);
        perService.set(service, (perService.get(service) ?? 0) + 1);
      }
      groups.set(id, after);
      dirty.add(id);
      return after;
    },
    keep,
    list: ({ service, state, from = 0, to = Number.POSITIVE_INFINITY }) =>
      [...groups.values()]
        .filter((group) => service === undefined || group.service === service)
        .filter((group) => state === undefined || group.state.kind === state)
        .filter(({ lastSeen, firstSeen }) => lastSeen >= from && firstSeen <= to)
        .sort((a, b) => b.lastSeen - a.lastSeen),
    find: (id) => groups.get(id),
    mark: (id, state, now) => {
      const before = groups.get(id);
      if (before === undefined) return undefined;
      const marked = markGroup(before, state, now);
      groups.set(id, marked);
      dirty.add(id);
      keep();
      return marked;
    },
    close: () => {
      keep();
      database.close();
    },
  };
}

function rank({ state }: ErrorGroup): number {
  return state.kind === 'ignored' || state.kind === 'resolved' ? 1 : 0;
}
