import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';

/** A commit, and the instants around its acknowledgement, by this machine's clock. */
interface Commit {
  readonly id: number;
  readonly askedAt: number;
  readonly acknowledgedAt: number;
}

const WRITERS = 4;
const RETRY_MS = 50;
/** A commit that is not acknowledged by then is asked for again, over another connection. */
const TIMEOUT_MS = 10_000;
export const LEDGER = 'CREATE TABLE ledger (writer int, id bigint, sum bigint NOT NULL, PRIMARY KEY (writer, id));';
const APPEND = `
  INSERT INTO ledger SELECT $1, coalesce(max(id), 0) + 1, coalesce(max(sum), 0) + coalesce(max(id), 0) + 1
  FROM (SELECT id, sum FROM ledger WHERE writer = $1 ORDER BY id DESC LIMIT 1) AS newest RETURNING id`;
const SUMS = `
  SELECT writer, count(*)::int AS rows, max(id)::int AS last, bool_and(sum = id * (id + 1) / 2) AS sound
  FROM ledger GROUP BY writer`;

/**
 * Writers of one PostgreSQL database, each with rows of its own that hold the sum of all before: a commit that is lost, doubled
 * or half there shows. They go on whatever dies, and remember what was acknowledged.
 */
export class Ledger {
  readonly #commits: Commit[][] = Array.from({ length: WRITERS }, () => []);
  readonly #stop = new AbortController();
  readonly #writing: Promise<unknown>;

  /** Where it is may change while it is written. */
  constructor(url: () => Promise<string>) {
    this.#writing = Promise.all(this.#commits.map((commits, writer) => this.#write(url, writer, commits)));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#writing;
  }

  get count(): number {
    return this.#commits.flat().length;
  }

  get lastAt(): number {
    return Math.max(...this.#commits.map((commits) => commits.at(-1)?.acknowledgedAt ?? 0));
  }

  /**
   * What is wrong with a database that should hold all that was acknowledged before the instant, and nothing that was asked for
   * after it; each a sentence. Without one: all that was ever acknowledged.
   */
  async audit(url: string, at = Number.POSITIVE_INFINITY): Promise<readonly string[]> {
    const client = new Client(url);
    await client.connect();
    try {
      const { rows: found } = await client.query<Sums>(SUMS);
      return this.#commits.flatMap((commits, writer) => {
        const { rows = 0, last = 0, sound = true } = found.find((one) => one.writer === writer) ?? {};
        const surely = commits.findLast(({ acknowledgedAt }) => acknowledgedAt < at)?.id ?? 0;
        const possibly = commits.find(({ askedAt }) => askedAt > at)?.id ?? Number.POSITIVE_INFINITY;
        if (sound && last === rows && rows >= surely && rows < possibly) return [];
        return [`writer ${writer} has ${rows} rows up to ${last}, of at least ${surely} and less than ${possibly}`];
      });
    } finally {
      await client.end();
    }
  }

  async #write(url: () => Promise<string>, writer: number, commits: Commit[]): Promise<void> {
    while (!this.#stop.signal.aborted) {
      let client: Client | undefined;
      try {
        client = new Client({ connectionString: await url(), query_timeout: TIMEOUT_MS });
        client.on('error', () => {});
        await client.connect();
        while (!this.#stop.signal.aborted) {
          const askedAt = Date.now();
          const { rows } = await client.query<{ id: string }>({ name: 'append', text: APPEND, values: [writer] });
          commits.push({ id: Number(rows[0]?.id), askedAt, acknowledgedAt: Date.now() });
        }
      } catch {
        // It was killed, or has no room: what was not acknowledged may be there or not.
        await pause(RETRY_MS);
      } finally {
        void client?.end().catch(() => {});
      }
    }
  }
}

interface Sums {
  readonly writer: number;
  readonly rows: number;
  readonly last: number;
  readonly sound: boolean;
}
