import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SIZES, sizes, tightened } from '../../tidy/size.ts';
import { places, repository } from './repository.ts';

const PATH = 'packages/plan/src/plan.ts';
const lines = (count: number) => 'a;\n'.repeat(count);
const record = (sizes: Record<string, number>) => ({ [SIZES]: JSON.stringify(sizes) });

for (const { rule, files, found } of [
  { rule: '300 lines are nobody’s business', files: { [PATH]: lines(300) }, found: [] },
  { rule: 'a file past 300 lines is recorded', files: { [PATH]: lines(301) }, found: [`${PATH}:301 size`] },
  { rule: 'a recorded size holds', files: { [PATH]: lines(301), ...record({ [PATH]: 301 }) }, found: [] },
  {
    rule: 'a recorded file does not grow',
    files: { [PATH]: lines(302), ...record({ [PATH]: 301 }) },
    found: [`${PATH}:302 size`],
  },
  {
    rule: 'a record follows a file that shrinks',
    files: { [PATH]: lines(300), ...record({ [PATH]: 301 }) },
    found: [`${PATH}:300 size`],
  },
  { rule: 'a record ends with its file', files: record({ [PATH]: 301 }), found: [`${SIZES}:1 size`] },
  {
    rule: 'past 500 lines a file says why',
    files: { [PATH]: lines(501), ...record({ [PATH]: 501 }) },
    found: [`${PATH}:501 size`],
  },
  {
    rule: 'a reason is enough',
    files: { [PATH]: `// Long because it is one table.\n${lines(500)}`, ...record({ [PATH]: 501 }) },
    found: [],
  },
  { rule: 'data and prose may be long', files: { 'README.md': lines(900), 'a.json': lines(900) }, found: [] },
]) {
  test(rule, () => assert.deepEqual(places(sizes, files), found));
}

test('tightening never lets a file grow, and forgets what is small or gone', () => {
  const files = {
    'a.ts': lines(400),
    'b.ts': lines(350),
    'c.ts': lines(10),
    ...record({ 'a.ts': 380, 'b.ts': 380, 'c.ts': 380, 'd.ts': 380 }),
  };
  assert.deepEqual(tightened(repository(files)), { 'a.ts': 380, 'b.ts': 350 });
});
