import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOptions } from '../measure/options.ts';

const KNOWN = ['up', 'plan', 'footprint'];

test('an unknown name is an error that names the nearest', () => {
  const options = readOptions(['footprnt'], KNOWN);
  assert.equal(options.kind, 'wrong');
  assert.match(options.kind === 'wrong' ? options.message : '', /"footprnt"; the nearest is "footprint"/);
});

test('an unknown flag is an error', () => {
  assert.equal(readOptions(['--jsn'], KNOWN).kind, 'wrong');
});

test('no name means all', () => {
  assert.deepEqual(readOptions([], KNOWN), { kind: 'run', names: KNOWN, json: false, quick: false });
});

test('names run once each, in the order of the benchmarks', () => {
  assert.deepEqual(readOptions(['plan', 'up', 'plan', '--json', '--quick'], KNOWN), {
    kind: 'run',
    names: ['up', 'plan'],
    json: true,
    quick: true,
  });
});

test('a list is asked for without naming anything', () => {
  assert.deepEqual(readOptions(['--list'], KNOWN), { kind: 'list' });
});
