import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { WalFile, type WalReading } from '../src/backup/wal-file.ts';
import { WalIndex } from '../src/backup/wal-index.ts';

const folder = mkdtempSync(join(tmpdir(), 'islet-wal-index-'));
after(() => rmSync(folder, { recursive: true }));

/** A file with one row; what is read of its log ends where it is told to. */
function open(name: string) {
  const path = join(folder, name);
  const own = new DatabaseSync(path);
  own.exec('PRAGMA journal_mode = WAL; CREATE TABLE items (id integer PRIMARY KEY)');
  const [log, index] = [new WalFile(`${path}-wal`), new WalIndex(`${path}-shm`)];
  const begin = log.begin();
  const transactions = (upTo?: WalReading['upTo']) => [...log.committed(begin, { partBytes: 4096, upTo })].length;
  const close = () => {
    own.close();
    log.close();
    index.close();
  };
  return { own, log, index, transactions, close };
}

const INSERT = 'INSERT INTO items DEFAULT VALUES';

test('what is committed after an instant is not read as if it had been there', () => {
  const { own, index, transactions, close } = open('later');
  own.exec(INSERT);
  const upTo = index.committed();
  assert.ok(upTo);
  const before = transactions();
  own.exec(INSERT);
  own.exec(INSERT);
  assert.equal(transactions(upTo), before);
  assert.equal(transactions(index.committed()), before + 2);
  assert.equal(transactions(), before + 2);
  close();
});

test('of a log that is filled anew nothing is read before its index is looked at again, and all of the old one after', () => {
  const { own, log, index, close } = open('anew');
  own.exec(INSERT);
  const old = index.committed();
  own.exec('PRAGMA wal_checkpoint(RESTART)');
  const told = index.committed();
  assert.ok(old && told);
  own.exec(INSERT);
  const read = (upTo: WalReading['upTo']) => [...log.committed(log.begin(), { partBytes: 4096, upTo })].length;
  assert.equal(read(old), 0);
  assert.equal(read(index.committed()), 1);
  close();
});

test('what is no index is believed nothing', () => {
  const { own, index, close } = open('none');
  assert.ok(index.committed());
  const other = new WalIndex(import.meta.filename);
  assert.equal(other.committed(), undefined);
  other.close();
  own.exec(INSERT);
  close();
});
