import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { openDatabase } from '../src/store/database.ts';
import { openSecrets } from '../src/store/secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'islet-secrets-'));
after(() => rmSync(folder, { recursive: true }));

function opened(name: string) {
  const database = openDatabase(join(folder, name, 'control.db'));
  return { database, secrets: openSecrets(database, join(folder, name, 'key')) };
}

describe('a secret', () => {
  it('is read back as it was set, by a later control plane too', () => {
    opened('again').secrets.set('stripe', 'sk_live_42 ✓', 1);
    assert.equal(opened('again').secrets.get('stripe'), 'sk_live_42 ✓');
  });

  it('is nowhere on disk in clear, also after it was replaced', () => {
    const { database, secrets } = opened('clear');
    secrets.set('stripe', 'the-first-value', 1);
    secrets.set('stripe', 'the-second-value', 2);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    const bytes = readFileSync(join(folder, 'clear', 'control.db'), 'latin1');
    assert.ok(!bytes.includes('the-first-value') && !bytes.includes('the-second-value'));
    assert.equal(statSync(join(folder, 'clear', 'key')).mode & 0o777, 0o600);
  });

  it('gets a new version with each value, and never one twice', () => {
    const { secrets } = opened('versions');
    assert.equal(secrets.version('a'), 0);
    assert.equal(secrets.set('a', 'one', 1).version, 1);
    assert.equal(secrets.remove('a', 2), true);
    assert.equal(secrets.version('a'), 0);
    assert.equal(secrets.get('a'), undefined);
    assert.equal(secrets.set('a', 'two', 3).version, 3);
    assert.deepEqual(
      secrets.list().map(({ name, version }) => [name, version]),
      [['a', 3]],
    );
  });

  it('can not be put in the place of another', () => {
    const { database, secrets } = opened('swap');
    secrets.set('a', 'value of a', 1);
    secrets.set('b', 'value of b', 1);
    database.exec("UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'a') WHERE name = 'b'");
    assert.throws(() => secrets.get('b'));
  });

  it('says plainly that a damaged key is one', () => {
    opened('key');
    writeFileSync(join(folder, 'key', 'key'), 'short');
    assert.throws(() => opened('key'), /is not a key: it must hold 32 bytes, and holds 5/);
  });
});
