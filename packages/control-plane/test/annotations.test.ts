import assert from 'node:assert/strict';
import { it } from 'node:test';
import { annotationsOf } from '../src/api/annotations.ts';
import { IN_MEMORY, openDatabase } from '../src/store/database.ts';
import { openDecisions } from '../src/store/decisions.ts';
import type { System } from '../src/system.ts';

it('what was decided in a stretch is told oldest first, with the revision of a service that it is about', () => {
  const decisions = openDecisions(openDatabase(IN_MEMORY));
  const system = {
    parts: { state: { decisions } },
    redact: (text: string) => text.replace('sk_42', '[redacted]'),
  } as unknown as System;
  const failure = { step: 'start', reason: 'exit 1: sk_42', at: 3_000, log: [] };
  decisions.record({ kind: 'note', text: 'before' }, 999);
  decisions.record({ kind: 'applied', revision: 7, text: 'up' }, 1_000);
  decisions.record({ kind: 'promoted', service: 'web', revision: 'abc', generation: 'abc.0' }, 2_000);
  decisions.record({ kind: 'failed', service: 'web', generation: 'def.2', failure }, 3_000);
  decisions.record({ kind: 'scaled', service: 'api', from: 1, to: 2, why: 'busy' }, 4_000);
  const told = (service?: string) =>
    annotationsOf(system, { from: 1_000, to: 4_000, service }).map((one) => [one.kind, one.service, one.revision]);
  assert.deepEqual(told(), [
    ['applied', undefined, undefined],
    ['promoted', 'web', 'abc'],
    ['failed', 'web', 'def'],
    ['scaled', 'api', undefined],
  ]);
  assert.deepEqual(told('web').length, 2);
  const [failed] = annotationsOf(system, { from: 3_000, to: 3_000 });
  assert.equal(failed?.text, 'gave up def.2: start failed: exit 1: [redacted]');
});
