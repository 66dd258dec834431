import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isWanted, readOptions } from '../measure/options.ts';

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
  assert.deepEqual(readOptions([], KNOWN), { kind: 'run', names: KNOWN, claims: [], json: false, pace: 'full' });
});

test('names run once each, in the order of the benchmarks', () => {
  assert.deepEqual(readOptions(['plan', 'up', 'plan', '--json', '--quick'], KNOWN), {
    kind: 'run',
    names: ['up', 'plan'],
    claims: [],
    json: true,
    pace: 'quick',
  });
});

test('a run is full, short or quick, and not two of them', () => {
  const paceOf = (...args: string[]) => {
    const options = readOptions(args, KNOWN);
    return options.kind === 'run' ? options.pace : options.kind;
  };
  assert.deepEqual([paceOf('--short'), paceOf('up', '--quick'), paceOf('up')], ['short', 'quick', 'full']);
  assert.equal(paceOf('--short', '--quick'), 'wrong');
});

test('a list is asked for without naming anything', () => {
  assert.deepEqual(readOptions(['--list'], KNOWN), { kind: 'list' });
});

test('a claim runs its benchmark, and is the only one that is wanted of it', () => {
  const options = readOptions(['plan', 'up.cold'], KNOWN);
  assert.deepEqual(options, {
    kind: 'run',
    names: ['up', 'plan'],
    claims: ['up.cold', 'plan'],
    json: false,
    pace: 'full',
  });
});

test('a benchmark that is named with one of its claims is wanted as a whole', () => {
  assert.deepEqual(readOptions(['up', 'up.cold'], KNOWN), {
    kind: 'run',
    names: ['up'],
    claims: [],
    json: false,
    pace: 'full',
  });
});

test('a name stands for all claims that begin with it, part by part', () => {
  assert.ok(isWanted('up.cold', []));
  assert.ok(isWanted('up.cold', ['up']));
  assert.ok(isWanted('traffic.added', ['traffic.added.p50']));
  assert.ok(isWanted('traffic.added.p50', ['traffic.added']));
  assert.ok(!isWanted('traffic.added.p50', ['traffic.add']));
  assert.ok(!isWanted('up.cold', ['up.warm']));
});

test('help is asked for like everywhere, whatever else is', () => {
  assert.deepEqual(readOptions(['--help'], KNOWN), { kind: 'help' });
  assert.deepEqual(readOptions(['up', '-h', '--list'], KNOWN), { kind: 'help' });
});
