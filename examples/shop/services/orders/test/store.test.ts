import { readdirSync, readFileSync } from 'node:fs';
import { describe } from 'node:test';
import pg from 'pg';
import { openPostgresStore } from '../src/postgres-store.ts';
import type { Store } from '../src/store.ts';
import { createMemoryStore } from './memory-store.ts';
import { storeSuite } from './store.suite.ts';

const { TEST_DATABASE_URL } = process.env;

storeSuite('memory store', async () => createMemoryStore());

if (TEST_DATABASE_URL === undefined) {
  describe.skip('postgres store: set TEST_DATABASE_URL to an empty database to run it');
} else {
  storeSuite('postgres store', () => openFresh(TEST_DATABASE_URL));
}

async function openFresh(url: string): Promise<Store> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
  const folder = new URL('../migrations/', import.meta.url);
  for (const file of readdirSync(folder).sort()) await client.query(readFileSync(new URL(file, folder), 'utf8'));
  await client.end();
  return openPostgresStore(url);
}
