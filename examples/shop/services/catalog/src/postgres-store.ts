import pg from 'pg';
import { log } from './log.ts';
import { decide, type Line, type Product, type Reservation } from './reservation.ts';
import type { Store } from './store.ts';

const PRODUCT = 'sku, name, price_cents AS "priceCents", stock';

/**
 * Two locks keep a reservation right. An advisory lock on the order's id makes everything that concerns one order
 * happen one after the other; it is always taken first. Then the products' rows are locked in the order of their sku,
 * so that two orders for the same products in another sequence wait for each other instead of deadlocking.
 */
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

  return {
    async ready() {
      await pool.query('SELECT 1');
    },
    async products() {
      return (await pool.query<Product>(`SELECT ${PRODUCT} FROM products ORDER BY name`)).rows;
    },
    async product(sku) {
      return (await pool.query<Product>(`SELECT ${PRODUCT} FROM products WHERE sku = $1`, [sku])).rows[0];
    },
    reserve: (orderId, lines) =>
      transaction(pool, async (client) => {
        const earlier = await lockReservation(client, orderId);
        const result = decide(lines, earlier, await lockProducts(client, lines));
        if (earlier === undefined && result.status === 'held') {
          await addStock(client, result.lines, { sign: -1 });
          await client.query(`INSERT INTO reservations (order_id, status, lines) VALUES ($1, 'held', $2)`, [
            orderId,
            JSON.stringify(result.lines),
          ]);
        }
        return result;
      }),
    release: (orderId) =>
      transaction(pool, async (client) => {
        const earlier = await lockReservation(client, orderId);
        if (earlier?.status === 'held') {
          await lockProducts(client, earlier.lines);
          await addStock(client, earlier.lines, { sign: 1 });
        }
        await client.query(
          `INSERT INTO reservations (order_id, status, lines) VALUES ($1, 'released', '[]')
           ON CONFLICT (order_id) DO UPDATE SET status = 'released'`,
          [orderId],
        );
      }),
    close: () => pool.end(),
  };
}

async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (error) {
    // Closing the connection rolls back, also when the connection itself is what failed.
    client.release(true);
    throw error;
  }
}

async function lockReservation(client: pg.PoolClient, orderId: string): Promise<Reservation | undefined> {
  await client.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [orderId]);
  const sql = 'SELECT status, lines FROM reservations WHERE order_id = $1';
  return (await client.query<Reservation>(sql, [orderId])).rows[0];
}

async function lockProducts(client: pg.PoolClient, lines: readonly Line[]): Promise<ReadonlyMap<string, Product>> {
  const sql = `SELECT ${PRODUCT} FROM products WHERE sku = ANY($1) ORDER BY sku FOR UPDATE`;
  const { rows } = await client.query<Product>(sql, [lines.map(({ sku }) => sku)]);
  return new Map(rows.map((product) => [product.sku, product]));
}

async function addStock(client: pg.PoolClient, lines: readonly Line[], { sign }: { sign: 1 | -1 }): Promise<void> {
  await client.query(
    `UPDATE products SET stock = stock + line.quantity
     FROM unnest($1::text[], $2::integer[]) AS line (sku, quantity) WHERE products.sku = line.sku`,
    [lines.map(({ sku }) => sku), lines.map(({ quantity }) => sign * quantity)],
  );
}
