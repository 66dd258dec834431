import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Comparison, FALSE_ALARMS, Histogram, type Regression, type RevisionCounts } from '../src/index.ts';
import { seeded } from './seeded.ts';

const ALLOWED = { failures: 0.01, p99Ms: 500 };

/** How a revision behaves: which share fails, and how long it takes (drawn evenly around the middle, with a tail). */
interface Behaviour {
  readonly fails: number;
  readonly ms: number;
}

interface Plan {
  readonly candidate: Behaviour;
  readonly baseline: Behaviour;
  /** Of the requests of each block, so many; the candidate gets its share of them. */
  readonly requests: number;
  readonly share: number;
  readonly blocks: number;
  /** After so many blocks all requests go to the candidate. */
  readonly aloneAfter: number;
}

function play(plan: Plan, dice: () => number): { regression: Regression | undefined; exposed: number; blocks: number } {
  const comparison = new Comparison(ALLOWED);
  let exposed = 0;
  for (let block = 1; block <= plan.blocks; block += 1) {
    const alone = block > plan.aloneAfter;
    const wanted = alone ? plan.requests : plan.requests * plan.share;
    const own = Math.floor(wanted) + (dice() < wanted % 1 ? 1 : 0);
    exposed += own;
    const candidate = answers(plan.candidate, own, dice);
    if (alone) comparison.alone(candidate);
    else comparison.together(candidate, answers(plan.baseline, plan.requests - own, dice));
    if (comparison.regression !== undefined) return { regression: comparison.regression, exposed, blocks: block };
  }
  return { regression: undefined, exposed, blocks: plan.blocks };
}

function answers({ fails, ms }: Behaviour, requests: number, dice: () => number): RevisionCounts {
  const latencyUs = new Histogram();
  let failures = 0;
  for (let request = 0; request < requests; request += 1) {
    if (dice() < fails) failures += 1;
    latencyUs.record(1_000 * ms * (0.5 + dice()) * (dice() < 0.02 ? 4 : 1));
  }
  return { requests, failures, latencyUs };
}

const GOOD: Behaviour = { fails: 0.002, ms: 20 };
const STEADY: Plan = { candidate: GOOD, baseline: GOOD, requests: 100, share: 0.05, blocks: 120, aloneAfter: 120 };

test('a revision that is as good as the one before is called worse in no more rollouts than said', () => {
  const dice = seeded(11);
  const plans: readonly Plan[] = [
    STEADY,
    { ...STEADY, aloneAfter: 60, requests: 20 },
    // Both fail more often than is allowed, and alike.
    { ...STEADY, candidate: { fails: 0.05, ms: 20 }, baseline: { fails: 0.05, ms: 20 }, share: 0.25 },
    { ...STEADY, requests: 1, share: 0.5, blocks: 300, aloneAfter: 150 },
  ];
  const runs = 60;
  const wrong = plans.flatMap((plan) => Array.from({ length: runs }, () => play(plan, dice))).filter(isWorse).length;
  // At most 2 %; of 240 runs, three standard deviations above it are 11.
  assert.ok(wrong <= 240 * FALSE_ALARMS + 3 * Math.sqrt(240 * FALSE_ALARMS), `${wrong} of 240`);
});

/** What goes wrong, where it is seen, and how many of the candidate's requests it may take, in nine of ten rollouts. */
const WORSE: readonly { what: string; kind: Regression['kind']; plan: Plan; exposed: number }[] = [
  {
    what: '5 % failures, seen while it gets 5 % of 100 requests a second',
    kind: 'failures',
    plan: { ...STEADY, candidate: { fails: 0.05, ms: 20 } },
    exposed: 250,
  },
  {
    what: '5 % failures at one request a second, once it has everything',
    kind: 'failures',
    plan: { ...STEADY, candidate: { fails: 0.05, ms: 20 }, requests: 1, share: 0.05, blocks: 780, aloneAfter: 180 },
    exposed: 500,
  },
  {
    what: 'three times as slow, seen with a share of 5 %',
    kind: 'middle',
    plan: { ...STEADY, candidate: { fails: 0.002, ms: 90 }, baseline: { fails: 0.002, ms: 30 } },
    exposed: 30,
  },
  {
    what: 'slower than the tail may be, at one request a second',
    kind: 'tail',
    plan: { ...STEADY, candidate: { fails: 0, ms: 900 }, requests: 1, blocks: 400, aloneAfter: 100 },
    exposed: 25,
  },
];

for (const { what, kind, plan, exposed } of WORSE) {
  test(`finds ${what}`, () => {
    const dice = seeded(13);
    const plays = Array.from({ length: 100 }, () => play(plan, dice));
    const found = plays.filter((one) => one.regression !== undefined && one.exposed <= exposed);
    assert.ok(found.length >= 90, `${found.length} of 100 within ${exposed}`);
    assert.ok(found.filter(({ regression }) => regression?.kind === kind).length >= 80);
  });
}

test('silence is no evidence', () => {
  const comparison = new Comparison(ALLOWED);
  const none = { requests: 0, failures: 0, latencyUs: new Histogram() };
  for (let block = 0; block < 100; block += 1) {
    comparison.together(none, none);
    comparison.alone(none);
  }
  assert.equal(comparison.regression, undefined);
});

test('names what it saw: so many of so many, against so many of the other at the same time', () => {
  const comparison = new Comparison(ALLOWED);
  const latencyUs = new Histogram();
  for (let block = 0; block < 10; block += 1) {
    comparison.together({ requests: 10, failures: 4, latencyUs }, { requests: 90, failures: 0, latencyUs });
  }
  const { kind, candidate, baseline } = comparison.regression ?? {};
  assert.deepEqual(
    { kind, candidate, baseline },
    {
      kind: 'failures',
      candidate: { bad: 40, all: 100 },
      baseline: { bad: 0, all: 900 },
    },
  );
});

function isWorse({ regression }: { regression: Regression | undefined }): boolean {
  return regression !== undefined;
}

test('a comparison that was kept and taken up again comes to the same', () => {
  const dice = seeded(17);
  const allowed = { failures: 0.01, p99Ms: 500 };
  const whole = new Comparison(allowed);
  let cut = new Comparison(allowed);
  for (let block = 0; block < 60; block += 1) {
    const [candidate, baseline] = [answers({ fails: 0.03, ms: 20 }, 10, dice), answers(GOOD, 90, dice)];
    for (const one of [whole, cut]) {
      if (block < 30) one.together(candidate, baseline);
      else one.alone(candidate);
    }
    cut = new Comparison(allowed, JSON.parse(JSON.stringify(cut)));
    assert.deepEqual(cut.regression, whole.regression);
  }
  assert.deepEqual(cut.toJSON(), whole.toJSON());
});
