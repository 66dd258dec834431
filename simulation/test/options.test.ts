import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MUTATIONS } from '../src/mutations.ts';
import { optionsOf } from '../src/options.ts';

const [planted] = MUTATIONS;

for (const args of [['--help'], ['-h'], ['--seeds', '5', '--help']]) {
  test(`help is what is asked by ${args.join(' ')}`, () => assert.equal(optionsOf(args).kind, 'help'));
}

for (const [args, why] of [
  [['--sed', '3'], /--sed/],
  [['3'], /3/],
  [['--seed', 'three'], /^--seed must be a number from 0 on, found "three"$/],
  [['--seeds', '-1'], /--seeds/],
  [['--seeds', '0'], /^--seeds must be 1 or more/],
  [['--mutation', 'nothing'], /^there is no mutation "nothing"/],
] as const) {
  test(`${args.join(' ')} is told to be wrong, without a throw`, () => {
    const asked = optionsOf(args);
    assert.ok(asked.kind === 'wrong');
    assert.match(asked.why, why);
  });
}

test('a hundred seeds from 0 are run where nothing is asked', () => {
  assert.deepEqual(optionsOf([]), { kind: 'all', start: 0, seeds: 100, mutation: undefined, failFast: false });
});

test('a part knows the bug that is planted for the whole', () => {
  assert.deepEqual(optionsOf(['--part', '1/2/10', '--mutation', planted?.name ?? '', '--fail-fast']), {
    kind: 'part',
    first: 1,
    step: 2,
    end: 10,
    mutation: planted,
    failFast: true,
  });
});
