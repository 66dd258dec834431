import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createJournal } from '../src/journal.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { type Decision, openDecisions } from '../src/store/decisions.ts';
import { withholdSpace } from '../src/store/no-space.ts';
import { VirtualClock } from '../src/testing/index.ts';

const ended = (count: number): Decision => ({ kind: 'ended', service: 'web', instance: `web-${count}`, how: 'killed' });

function journalling() {
  const clock = new VirtualClock();
  const database = openDatabase(IN_MEMORY);
  const decisions = openDecisions(database);
  const troubles: string[] = [];
  let retries = 0;
  const journal = createJournal({
    decisions,
    clock,
    onRecorded: () => {},
    onTrouble: ({ message }) => troubles.push(message),
    onRetry: () => {
      retries += 1;
      journal.write();
    },
  });
  const recorded = () => decisions.list({}).map(({ decision }) => decision);
  return { clock, database, journal, troubles, recorded, retries: () => retries };
}

test('what a full disk does not take is told once, waits, and is recorded when there is space again', async () => {
  const { clock, database, journal, troubles, recorded, retries } = journalling();
  journal.add(ended(1));
  journal.write();
  {
    using _full = withholdSpace(database);
    journal.add(ended(2));
    journal.write();
    journal.write();
    assert.equal(journal.problem(), 'database or disk is full');
    assert.deepEqual(troubles, ['database or disk is full']);
    assert.deepEqual(recorded(), [ended(1)]);
  }
  await clock.pass(5_000);
  assert.ok(retries() > 0);
  assert.equal(journal.problem(), undefined);
  assert.deepEqual(recorded(), [ended(1), ended(2)]);
});

test('a crash loop on a full disk does not fill the memory too: the oldest is let go', () => {
  const { database, journal, recorded } = journalling();
  const full = withholdSpace(database);
  for (let count = 0; count < 1_500; count += 1) journal.add(ended(count));
  journal.write();
  full[Symbol.dispose]();
  journal.write();
  const instances = recorded().map((decision) => (decision.kind === 'ended' ? decision.instance : ''));
  assert.equal(instances.at(-1), 'web-1499');
  assert.ok(!instances.includes('web-499'));
});

test('no write of any kind is taken while space is withheld, and reading goes on', () => {
  const { database, journal } = journalling();
  journal.add(ended(1));
  journal.write();
  const full = withholdSpace(database);
  for (const write of [
    "INSERT INTO meta (key, value) VALUES ('a', 'b')",
    'DELETE FROM decisions',
    "UPDATE decisions SET kind = 'note'",
  ]) {
    assert.throws(() => database.exec(write), /database or disk is full/);
  }
  assert.equal(database.prepare('SELECT COUNT(*) AS count FROM decisions').get()?.count, 1);
  full[Symbol.dispose]();
  database.exec('DELETE FROM decisions');
});

test('however many turns meet a full disk, it is tried again once in five seconds', async () => {
  const { clock, database, journal, retries } = journalling();
  using _full = withholdSpace(database);
  journal.add(ended(1));
  for (let turn = 0; turn < 5; turn += 1) journal.write();
  await clock.pass(25_000);
  assert.equal(retries(), 5);
});
