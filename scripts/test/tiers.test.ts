import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from '../repository.ts';
import { TIERS, testFiles, twiceIfNeeded } from '../test.ts';

const FILES = [
  'examples/shop/services/orders/test/order.test.ts',
  'packages/a/src/a.ts',
  'packages/a/test/a.faults.test.ts',
  'packages/a/test/a.snapshot.test.ts',
  'packages/a/test/a.test.ts',
  'packages/cli/templates/ts/test/main.test.ts',
  'scripts/test/b.packed.test.ts',
  'scripts/test/static.test.ts',
];

test('everyday leaves out the heavier tiers, and what belongs to services', () => {
  assert.deepEqual(testFiles(FILES, 'everyday'), [
    'scripts/test/static.test.ts',
    'packages/a/test/a.snapshot.test.ts',
    'packages/a/test/a.test.ts',
  ]);
});

test('a tier is in the name of a file', () => {
  assert.deepEqual(testFiles(FILES, 'faults'), ['packages/a/test/a.faults.test.ts']);
  assert.deepEqual(testFiles(FILES, 'packed'), ['scripts/test/b.packed.test.ts']);
});

test('every tier is known to ./islet, told to people, and run before a change is taken', () => {
  const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
  for (const tier of Object.keys(TIERS).filter((name) => name !== 'everyday')) {
    assert.match(read('islet'), new RegExp(`^ {4}2:${tier}\\) return 0 ;;$`, 'm'));
    assert.match(read('CONTRIBUTING.md'), new RegExp(`^./islet test ${tier} `, 'm'));
    assert.match(read('.ci/run'), new RegExp(`^ {2}${tier}:\\d+$`, 'm'));
  }
});

for (const { args, message } of [
  { args: ['nightly'], message: /unknown tier "nightly": one of everyday, faults, \w+/ },
  { args: ['everyday', 'no-such-file'], message: /no test file belongs to the tier everyday no-such-file/ },
]) {
  test(`nothing to run is a failure: ${args.join(' ')}`, () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/test.ts', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    assert.equal(status, 1);
    assert.match(stderr, message);
  });
}

test('ends with the summary of the runner', () => {
  const args = ['scripts/test.ts', 'everyday', 'packages/keeper/test/life'];
  const { status, stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /ℹ tests \d+\nℹ suites 0\nℹ pass \d+\nℹ fail 0\n(ℹ .*\n)*$/);
});

for (const { what, outcomes, status, runs, said } of [
  {
    what: 'what passes is not run again',
    outcomes: [{ status: 0, failed: [] }],
    status: 0,
    runs: [['a', 'b']],
    said: [],
  },
  {
    what: 'what failed once is run again alone, and told as unstable',
    outcomes: [
      { status: 1, failed: ['b'] },
      { status: 0, failed: [] },
    ],
    status: 0,
    runs: [['a', 'b'], ['b']],
    said: ['again, each alone: b', 'unstable: b'],
  },
  {
    what: 'what fails twice fails',
    outcomes: [
      { status: 1, failed: ['a', 'b'] },
      { status: 1, failed: ['b'] },
    ],
    status: 1,
    runs: [
      ['a', 'b'],
      ['a', 'b'],
    ],
    said: ['again, each alone: a b'],
  },
  {
    what: 'a runner that breaks fails',
    outcomes: [{ status: 7, failed: [] }],
    status: 7,
    runs: [['a', 'b']],
    said: [],
  },
]) {
  test(`in CI, ${what}`, async () => {
    const [ran, lines]: [(readonly string[])[], string[]] = [[], []];
    const run = async (files: readonly string[]) => {
      ran.push(files);
      return outcomes[ran.length - 1] ?? { status: 1, failed: [] };
    };
    assert.equal(await twiceIfNeeded(['a', 'b'], run, (line) => lines.push(line)), status);
    assert.deepEqual([ran, lines], [runs, said]);
  });
}
