import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type DrillAnswer, drillProblems } from '../src/index.ts';

const SOUND = { findings: [], rtoMs: 1_000, maxRtoMs: 60_000, restoredTo: Date.UTC(2026, 0, 2), answers: [] };
const value = (text: string | undefined): DrillAnswer['answer'] => ({ kind: 'value', text });
const min = { kind: 'min', min: 5 } as const;
const maxAge = { kind: 'maxAge', maxAgeMs: 3_600_000 } as const;

describe('a drill', () => {
  const rows: readonly [string, Partial<Parameters<typeof drillProblems>[0]>, RegExp | undefined][] = [
    ['passes when everything holds', {}, undefined],
    ['fails by what the engine finds', { findings: ['orders, page 3: a row is damaged'] }, /page 3/],
    ['fails when it takes too long', { rtoMs: 60_001 }, /it took 60.0 s/],
    ['passes with enough rows', { answers: [{ query: 'q', rule: min, answer: value('5') }] }, undefined],
    ['fails with too few rows', { answers: [{ query: 'q', rule: min, answer: value('4') }] }, /q: it is 4/],
    [
      'fails where a number is asked for and none comes',
      { answers: [{ query: 'q', rule: min, answer: value('many') }] },
      /many/,
    ],
    ['fails without a row', { answers: [{ query: 'q', rule: min, answer: value(undefined) }] }, /no value/],
    [
      'fails when a query fails',
      { answers: [{ query: 'q', rule: min, answer: { kind: 'failed', why: 'no table' } }] },
      /q: no table/,
    ],
    [
      'passes with a new enough row',
      { answers: [{ query: 'q', rule: maxAge, answer: value('2026-01-01T23:30:00.000Z') }] },
      undefined,
    ],
    [
      'measures age from what was restored, in seconds since the epoch too',
      { answers: [{ query: 'q', rule: maxAge, answer: value(String(Date.UTC(2026, 0, 1, 22) / 1000)) }] },
      /7200.0 s old/,
    ],
    [
      'fails where an instant is asked for',
      { answers: [{ query: 'q', rule: maxAge, answer: value('soon') }] },
      /no instant/,
    ],
  ];
  for (const [name, change, expected] of rows) {
    it(name, () => {
      const problems = drillProblems({ ...SOUND, ...change });
      if (expected === undefined) assert.deepEqual(problems, []);
      else assert.match(problems.join('\n'), expected);
    });
  }
});
