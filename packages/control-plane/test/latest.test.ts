import assert from 'node:assert/strict';
import { it } from 'node:test';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openDecisions } from '../src/store/decisions.ts';

it('the newest decision of a kind is the one recorded last, of that service, also for who comes after', () => {
  const database = openDatabase(IN_MEMORY);
  const decisions = openDecisions(database);
  const restored = (service: string, id: string) =>
    decisions.record({ kind: 'restored', service, id, text: id }, Number(id));
  const newest = (of = decisions) => ['web', 'api'].map((service) => of.latestOf(service, 'restored')?.id);
  assert.deepEqual(newest(), [undefined, undefined]);
  restored('web', '1');
  assert.deepEqual(newest(), ['1', undefined]);
  restored('api', '2');
  restored('web', '3');
  decisions.record({ kind: 'restore-failed', service: 'web', id: '4', why: 'no' }, 4);
  assert.deepEqual(newest(), ['3', '2']);
  assert.deepEqual(newest(openDecisions(database)), ['3', '2']);
});

it('what could not be recorded is not the newest', () => {
  const database = openDatabase(IN_MEMORY);
  const decisions = openDecisions(database);
  assert.equal(decisions.latestOf('web', 'restored'), undefined);
  database.exec('PRAGMA query_only = 1');
  assert.throws(() => decisions.record({ kind: 'restored', service: 'web', id: '1', text: '' }, 1));
  assert.equal(decisions.latestOf('web', 'restored'), undefined);
});
