import { readdirSync, readFileSync } from 'node:fs';
import { describe } from 'node:test';
import pg from 'pg';
import { openPostgresStore } from '../src/postgres-store.ts';
import type { Product } from '../src/reservation.ts';
import type { Store } from '../src/store.ts';
import { createMemoryStore } from './memory-store.ts';
import { storeSuite } from './store.suite.ts';

const { TEST_DATABASE_URL } = process.env;

storeSuite('memory store', async (products) => createMemoryStore(products));

if (TEST_DATABASE_URL === undefined) {
  describe.skip('postgres store: set TEST_DATABASE_URL to an empty database to run it');
} else {
  storeSuite('postgres store', (products) => openFresh(TEST_DATABASE_URL, products));
}

async function openFresh(url: string, products: readonly Product[]): Promise<Store> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const folder = new URL('../migrations/', import.meta.url);
  for (const file of readdirSync(folder).sort()) await client.query(readFileSync(new URL(file, folder), 'utf8'));
  await client.query('DELETE FROM products');
  await client.query(
    'INSERT INTO products SELECT * FROM jsonb_to_recordset($1) AS p (sku text, name text, price_cents integer, stock integer)',
    [JSON.stringify(products.map(({ priceCents, ...product }) => ({ ...product, price_cents: priceCents })))],
  );
  await client.end();
  return openPostgresStore(url);
}
