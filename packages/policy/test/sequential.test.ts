import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OddsTest, RateTest } from '../src/index.ts';
import { seeded } from './seeded.ts';

const ALPHA = 0.05;
const ENOUGH = Math.log(1 / ALPHA);

test('no requests are no evidence, and neither are good ones', () => {
  const rate = new RateTest(0.01);
  const odds = new OddsTest();
  assert.equal(rate.evidence, 0);
  rate.add({ bad: 0, all: 1_000 });
  odds.add({ bad: 0, all: 1_000 }, { bad: 0, all: 1_000 });
  assert.ok(rate.evidence < 0);
  assert.ok(Math.abs(odds.evidence) < 1e-9);
});

test('a block in which only one of them was asked is no evidence', () => {
  const odds = new OddsTest();
  odds.add({ bad: 5, all: 5 }, { bad: 0, all: 0 });
  odds.add({ bad: 0, all: 0 }, { bad: 5, all: 5 });
  assert.equal(odds.evidence, 0);
});

test('what both suffer alike is no evidence, however bad', () => {
  const odds = new OddsTest();
  for (let block = 0; block < 100; block += 1) odds.add({ bad: 5, all: 5 }, { bad: 95, all: 95 });
  assert.ok(odds.evidence <= 1e-9);
});

test('three failures of a canary with 5 % of the requests are enough, when the other has none', () => {
  const odds = new OddsTest();
  for (let block = 0; block < 3; block += 1) odds.add({ bad: 1, all: 50 }, { bad: 0, all: 950 });
  assert.ok(odds.evidence > ENOUGH);
});

test('a block of a hundred thousand bad requests stays a number', () => {
  const odds = new OddsTest();
  odds.add({ bad: 60_000, all: 100_000 }, { bad: 40_000, all: 100_000 });
  assert.ok(odds.evidence > 1_000 && Number.isFinite(odds.evidence));
});

/** Looked at after every block of a long run, which is where a test for one look fails. */
const LOOKS = 200;
const RUNS = 400;

test('what is not worse is called worse in no more runs than said, although it is looked at all the time', () => {
  const dice = seeded(7);
  const draw = (share: number, all: number) => Array.from({ length: all }).filter(() => dice() < share).length;
  let rates = 0;
  let odds = 0;
  for (let run = 0; run < RUNS; run += 1) {
    const rate = new RateTest(0.05);
    const pair = new OddsTest();
    let [rateWrong, pairWrong] = [false, false];
    for (let look = 0; look < LOOKS; look += 1) {
      rate.add({ bad: draw(0.05, 5), all: 5 });
      // The share of both moves up and down together.
      const share = look % 40 < 10 ? 0.4 : 0.02;
      pair.add({ bad: draw(share, 2), all: 2 }, { bad: draw(share, 18), all: 18 });
      rateWrong ||= rate.evidence >= ENOUGH;
      pairWrong ||= pair.evidence >= ENOUGH;
    }
    if (rateWrong) rates += 1;
    if (pairWrong) odds += 1;
  }
  // The rate is 5 % at most; three standard deviations of 400 runs above it are 8.3 %.
  assert.ok(rates / RUNS < 0.083, `${rates} of ${RUNS}`);
  assert.ok(odds / RUNS < 0.083, `${odds} of ${RUNS}`);
});
