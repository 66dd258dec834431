import pg from 'pg';
import { log } from './log.ts';
import { ABANDONED, type Line, type Order, type Outcome } from './order.ts';
import type { Store } from './store.ts';

const ORDER = `id, encode(fingerprint, 'hex') AS fingerprint, lines, status, outcome`;

type Row = {
  readonly id: string;
  readonly fingerprint: string;
  readonly lines: readonly Line[];
  readonly status: 'placing' | Outcome['status'];
  readonly outcome: Omit<Outcome, 'status'> | null;
};

/** Each operation is one statement, or safe to be cut between two: none needs a transaction of its own. */
export function openPostgresStore(url: string): Store {
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 5_000,
    query_timeout: 6_000,
  });
  // The server closes idle connections when it restarts. The pool replaces them; without a listener the process would end.
  pool.on('error', (error) => log('warn', 'idle database connection lost', { error: error.message }));

  const one = async (sql: string, values: readonly unknown[]) => {
    const row = (await pool.query<Row>(sql, [...values])).rows[0];
    return row === undefined ? undefined : toOrder(row);
  };
  const find = (id: string) => one(`SELECT ${ORDER} FROM orders WHERE id = $1`, [id]);

  return {
    async ready() {
      await pool.query('SELECT 1');
    },
    find,
    async claim(id, { keyHash, fingerprint, lines }) {
      // When two clients insert one key at once, the second waits for the first, and then reads what the first wrote.
      const begun = await one(
        `INSERT INTO orders (id, key_hash, fingerprint, lines)
         VALUES ($1, decode($2, 'hex'), decode($3, 'hex'), $4) ON CONFLICT (key_hash) DO NOTHING RETURNING ${ORDER}`,
        [id, keyHash, fingerprint, JSON.stringify(lines)],
      );
      return begun ?? known(await one(`SELECT ${ORDER} FROM orders WHERE key_hash = decode($1, 'hex')`, [keyHash]));
    },
    async settle(id, { status, ...outcome }) {
      const settled = await one(
        `UPDATE orders SET status = $2, outcome = $3, undo_owed = ($2 = 'refused')
         WHERE id = $1 AND status = 'placing' RETURNING ${ORDER}`,
        [id, status, JSON.stringify(outcome)],
      );
      return settled ?? known(await find(id));
    },
    async abandon({ afterMs }) {
      const { status, ...outcome } = ABANDONED;
      await pool.query(
        `UPDATE orders SET status = $1, outcome = $2, undo_owed = true
         WHERE status = 'placing' AND created_at <= now() - $3 * interval '1 millisecond'`,
        [status, JSON.stringify(outcome), afterMs],
      );
    },
    async undoOwed({ limit }) {
      const sql = 'SELECT id FROM orders WHERE undo_owed ORDER BY created_at LIMIT $1';
      return (await pool.query<{ id: string }>(sql, [limit])).rows.map(({ id }) => id);
    },
    async undone(id) {
      await pool.query('UPDATE orders SET undo_owed = false WHERE id = $1', [id]);
    },
    close: () => pool.end(),
  };
}

function toOrder({ id, fingerprint, lines, status, outcome }: Row): Order {
  return { id, fingerprint, lines, state: { status, ...outcome } as Order['state'] };
}

/** Orders are never deleted, so a row that was just met is still there. */
function known(order: Order | undefined): Order {
  if (order === undefined) throw new Error('an order vanished from the database');
  return order;
}
