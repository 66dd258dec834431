import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { inTransaction, openDatabase } from '../src/store/database.ts';

test('a full disk is told as such, and leaves the database as it was', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'islet-database-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const database = openDatabase(join(folder, 'control.db'));
  database.exec('PRAGMA max_page_count = 1');
  const insert = database.prepare('INSERT INTO applied (at, document) VALUES (1, ?)');
  assert.throws(() => inTransaction(database, () => insert.run('x'.repeat(1_000_000))), /disk is full/);
  assert.equal(database.isTransaction, false);
  assert.equal(database.prepare('SELECT count(*) AS rows FROM applied').get()?.rows, 0);
  database.close();
});
