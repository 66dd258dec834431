import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** A commit, and the instants around its acknowledgement, by this machine's clock. */
interface Commit {
  readonly lane: number;
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

/** A database as it is found against what was acknowledged of it by an instant. */
export interface Verdict {
  /** Every acknowledged commit is there, none of after, and every sum is that of all before it. */
  readonly isExact: boolean;
  readonly what: string;
}

const LANES = 8;
const RETRY_MS = 20;
const TABLE =
  'CREATE TABLE ledger (lane int NOT NULL, id bigint NOT NULL, sum bigint NOT NULL, PRIMARY KEY (lane, id))';
const SUMS = `
  SELECT lane, count(*)::int AS rows, max(id)::int AS last, bool_and(sum = id * (id + 1) / 2) AS sound
  FROM ledger GROUP BY lane`;

/**
 * A ledger in several lanes, each written over a connection of its own, so that commits share what is forced to disk. Each row
 * holds the sum of all before it in its lane: a commit that is lost, doubled or half there shows.
 */
export class Ledger implements AsyncDisposable {
  readonly #commits: Commit[] = [];
  readonly #stop = new AbortController();
  #lanes: readonly Promise<void>[] = [];
  #startedAt = 0;

  /** Goes on until it is stopped, whatever dies; what was acknowledged is remembered. */
  async start(url: string): Promise<void> {
    await query(url, TABLE);
    this.#startedAt = Date.now();
    this.#lanes = Array.from({ length: LANES }, (_, lane) => this.#write(url, lane));
  }

  get count(): number {
    return this.#commits.length;
  }

  /** Of all that was ever acknowledged, what is not there. */
  async lost(url: string): Promise<number> {
    const found = await readLanes(url);
    return this.#commits.filter(({ lane, id }) => id > (found.get(lane)?.last ?? 0)).length;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#lanes);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  get startedAt(): number {
    return this.#startedAt;
  }

  get lastAt(): number {
    return this.#commits.at(-1)?.acknowledgedAt ?? this.#startedAt;
  }

  async verify(url: string, at: number): Promise<Verdict> {
    const found = await readLanes(url);
    const wrong = Array.from({ length: LANES }, (_, lane) => lane).filter((lane) => {
      const { rows = 0, last = 0, sound = true } = found.get(lane) ?? {};
      const mine = this.#commits.filter((commit) => commit.lane === lane);
      const surely = mine.findLast(({ acknowledgedAt }) => acknowledgedAt < at)?.id ?? 0;
      const possibly = mine.find(({ askedAt }) => askedAt > at)?.id ?? Number.POSITIVE_INFINITY;
      return !(sound && last === rows && rows >= surely && rows < possibly);
    });
    return { isExact: wrong.length === 0, what: `lanes ${wrong.join(', ')} as of ${new Date(at).toISOString()}` };
  }

  async #write(url: string, lane: number): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const client = new Client(url);
      client.on('error', () => {});
      try {
        await client.connect();
        // What was not acknowledged may be there or not.
        const { rows } = await client.query<{ last: number }>(NEWEST, [lane]);
        for (let id = (rows[0]?.last ?? 0) + 1; !this.#stop.signal.aborted; id += 1) {
          const askedAt = Date.now();
          const values = [lane, id, (id * (id + 1)) / 2];
          await client.query({ name: 'enter', text: 'INSERT INTO ledger VALUES ($1, $2, $3)', values });
          this.#commits.push({ lane, id, askedAt, acknowledgedAt: Date.now() });
        }
      } catch {
        await pause(RETRY_MS);
      } finally {
        await client.end().catch(() => {});
      }
    }
  }
}

const NEWEST = 'SELECT coalesce(max(id), 0)::int AS last FROM ledger WHERE lane = $1';

export async function query(url: string, text: string, values: readonly unknown[] = []): Promise<void> {
  const client = new Client(url);
  await client.connect();
  try {
    await client.query(text, [...values]);
  } finally {
    await client.end();
  }
}

interface Lane {
  readonly rows: number;
  readonly last: number;
  readonly sound: boolean;
}

async function readLanes(url: string): Promise<ReadonlyMap<number, Lane>> {
  const client = new Client(url);
  await client.connect();
  try {
    const { rows } = await client.query<Lane & { readonly lane: number }>(SUMS);
    return new Map(rows.map(({ lane, ...found }) => [lane, found]));
  } finally {
    await client.end();
  }
}
