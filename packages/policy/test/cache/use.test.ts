import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Lifetime, useOf } from '../../src/index.ts';

const LIFETIME: Lifetime = {
  initialAgeMs: 2_000,
  freshForMs: 10_000,
  alwaysAsk: false,
  mustRevalidate: false,
  neverStaleOnRequest: false,
  staleWhileRevalidateMs: 5_000,
  staleIfErrorMs: 60_000,
};

const USES = [
  { resident: 0, expected: 'hit' },
  { resident: 7_999, expected: 'hit' },
  { resident: 8_000, expected: 'hit-and-refresh' },
  { resident: 12_999, expected: 'hit-and-refresh' },
  { resident: 13_000, expected: 'ask stale, else it' },
  { resident: 68_000, expected: 'ask stale, else it' },
  { resident: 68_001, expected: 'ask stale' },
  { resident: 0, control: 'no-cache', expected: 'ask request, else it' },
  { resident: 0, pragma: 'no-cache', expected: 'ask request, else it' },
  { resident: 0, pragma: 'no-cache', control: 'max-age=100', expected: 'hit' },
  { resident: 3_000, control: 'max-age=5', expected: 'hit' },
  { resident: 3_001, control: 'max-age=5', expected: 'ask request, else it' },
  { resident: 3_000, control: 'min-fresh=5', expected: 'hit' },
  { resident: 3_001, control: 'min-fresh=5', expected: 'ask request, else it' },
  { resident: 20_000, control: 'max-stale', expected: 'hit' },
  { resident: 18_000, control: 'max-stale=10', expected: 'hit' },
  { resident: 18_001, control: 'max-stale=10', expected: 'ask stale, else it' },
  { resident: 9_000, lifetime: { mustRevalidate: true }, expected: 'ask stale' },
  { resident: 9_000, control: 'max-stale', lifetime: { mustRevalidate: true }, expected: 'ask stale' },
  { resident: 14_000, control: 'max-stale', lifetime: { neverStaleOnRequest: true }, expected: 'ask stale, else it' },
  { resident: 0, lifetime: { alwaysAsk: true }, expected: 'ask stale' },
  { resident: 0, lifetime: { freshForMs: 0, staleWhileRevalidateMs: 0, staleIfErrorMs: 0 }, expected: 'ask stale' },
] as const;

for (const { resident, expected, ...rest } of USES) {
  const { control, pragma, lifetime } = { control: undefined, pragma: undefined, lifetime: {}, ...rest };
  const asked = [control, pragma && `Pragma: ${pragma}`, JSON.stringify(lifetime)].filter(Boolean).join(', ');
  test(`${resident} ms after it came, with ${asked}: ${expected}`, () => {
    const use = useOf({ ...LIFETIME, ...lifetime }, resident, { cacheControl: control, pragma });
    const text = use.kind === 'ask' ? `ask ${use.why}${use.ifError ? ', else it' : ''}` : use.kind;
    assert.equal(text, expected);
    if (use.kind !== 'ask') assert.equal(use.ageMs, 2_000 + resident);
  });
}
