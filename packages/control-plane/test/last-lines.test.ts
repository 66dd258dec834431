import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withoutRepeats } from '../src/last-lines.ts';

for (const { rule, lines, told } of [
  { rule: 'tells once what every start printed', lines: ['b', 'a', 'b', 'a', 'b'], told: ['a', 'b'] },
  { rule: 'tells all of what only ends alike', lines: ['a', '}', '}'], told: ['a', '}', '}'] },
  { rule: 'tells a single start as it is', lines: ['a', 'b'], told: ['a', 'b'] },
  { rule: 'has nothing to tell of silence', lines: [], told: [] },
]) {
  it(rule, () => assert.deepEqual(withoutRepeats(lines), told));
}
