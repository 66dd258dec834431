import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BackupFacts, backupWarnings } from '../src/backup/warnings.ts';

const NOW = 1_000_000;
const facts: BackupFacts = {
  orders: [
    {
      service: 'orders',
      source: { engine: 'postgres', how: {} },
      everyMs: 1_000,
      pitr: true,
      keep: { daily: 1, weekly: 0, monthly: 0 },
      askedAt: undefined,
    },
  ],
  told: undefined,
  drills: new Map(),
  now: NOW,
  since: NOW,
  place: undefined,
  isKeyExported: true,
};
const declared = { place: 's3://backups/shop', secrets: ['backup-id', 'backup-key'] };
const warned = (more: Partial<BackupFacts>) => backupWarnings({ ...facts, ...more }).join('\n');

describe('that no copy is off the machine is said', () => {
  it('with what to write where nothing is declared', () => {
    assert.match(warned({}), /no copy of the backups is off this machine.*write backup into islet\.yaml/);
  });

  it('with the secrets that it waits for where it is declared', () => {
    const told = warned({ declared });
    assert.match(
      told,
      /s3:\/\/backups\/shop waits for its secrets: islet secret set backup-id, islet secret set backup-key/,
    );
    assert.doesNotMatch(told, /write backup/);
  });

  it('until it is there', () => {
    assert.match(warned({ declared, place: declared.place }), /s3:\/\/backups\/shop is not there yet/);
  });
});
