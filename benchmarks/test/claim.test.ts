import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Claim, medianFigure, p99Figure, ratioOf } from '../measure/claim.ts';
import { jsonLine } from '../report/json.ts';
import { describeClaim } from '../report/table.ts';

const CLAIM: Claim = {
  claim: 'up.warm',
  unit: 'ms',
  better: 'less',
  islet: medianFigure([210, 190, 200]),
  peers: { slow: medianFigure([800]), quick: medianFigure([400]) },
  method: 'a sentence',
};

test('without a peer there is no ratio', () => {
  assert.equal(ratioOf({ ...CLAIM, peers: {} }), null);
});

test('a ratio over 1 is better, against the best peer, whichever way the unit counts', () => {
  assert.equal(ratioOf(CLAIM), 2);
  assert.equal(ratioOf({ ...CLAIM, better: 'more' }), 0.25);
});

test('a ratio that is no number is null', () => {
  assert.equal(ratioOf({ ...CLAIM, islet: medianFigure([0]) }), null);
});

test('with few samples the 99th percentile is the worst', () => {
  assert.equal(p99Figure([1, 9, 4]).value, 9);
});

test('the line for programs has always the same keys, and is one line', () => {
  const line = jsonLine({ ...CLAIM, method: 'two\nlines' });
  assert.equal(line.includes('\n'), false);
  assert.deepEqual(Object.keys(JSON.parse(line)), ['claim', 'unit', 'islet', 'peers', 'ratio', 'method']);
});

test('the line for programs holds four digits of each figure', () => {
  const { islet, peers, ratio } = JSON.parse(
    jsonLine({ ...CLAIM, islet: medianFigure([123.456]), peers: { peer: medianFigure([98_765.4]) } }),
  );
  assert.deepEqual({ islet, peers, ratio }, { islet: 123.5, peers: { peer: 98_770 }, ratio: 800 });
});

test('the line for programs says null where there is no ratio', () => {
  assert.equal(JSON.parse(jsonLine({ ...CLAIM, peers: {} })).ratio, null);
});

test('people see the spread, how often it was measured, and the ratio with the band of chance', () => {
  const text = describeClaim(CLAIM, () => 0);
  assert.match(text, /Islet\s+200\s+190 … 210 in 3/);
  assert.match(text, /2\.00 × the best peer; A\/A band 1\.00 … 1\.00/);
  assert.match(text, /a sentence/);
});

test('a single run claims no band', () => {
  assert.match(
    describeClaim({ ...CLAIM, islet: medianFigure([5]) }, () => 0),
    /one run has no A\/A band/,
  );
});
