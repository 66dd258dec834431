import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RolloutStatus, Series } from '@islet/client/browser';
import { planGroups } from '../app/model/plan.ts';
import { rolloutSteps, sideOf, sidesOf, steeringOf } from '../app/model/rollout.ts';
import { columnsOf, lastOf, marksOf, originText, sectionsOf } from '../app/model/service.ts';

const rollout = (more: Partial<RolloutStatus>): RolloutStatus => ({
  service: 's',
  state: 'progressing',
  why: '',
  strategy: 'canary',
  wanted: 'bb',
  stable: 'aa',
  history: [],
  ...more,
});

it('draws the curves of old and new in that order, by whatever length of their names, and of nobody else', () => {
  const curve = (revision: string): Series => ({ labels: { revision }, unit: 'ms', stepMs: 10_000, points: [[0, 1]] });
  const drawn = sidesOf([curve('bbbbbbbbbbbb'), curve('cc'), curve('aaaaaaaaaaaa')], {
    old: 'aaaaaaaaaa',
    wanted: 'bbbbbbbbbb',
  });
  assert.deepEqual(
    drawn.map(({ labels }) => labels.side),
    ['old aaaaaaa', 'new bbbbbbb'],
  );
  assert.deepEqual(sidesOf([], { old: 'aa', wanted: 'bb' }), []);
});

it('names the line of a value, and the file only where that is another', () => {
  const file = 'services/orders/service.yaml';
  assert.equal(originText(`${file}:14`, file), 'line 14');
  assert.equal(originText('islet.yaml:3', file), 'islet.yaml:3');
  assert.equal(originText(undefined, file), 'default');
});

it('marks the step that holds, those behind it and those to come', () => {
  const marked = rolloutSteps({ step: 2, steps: [5, 25, 100] });
  assert.deepEqual(
    marked.map(({ state }) => state),
    ['done', 'now', 'next'],
  );
  assert.deepEqual(
    rolloutSteps({ step: 0, steps: [5, 100] }).map(({ state }) => state),
    ['next', 'next'],
  );
  assert.deepEqual(rolloutSteps({}), []);
});

for (const [given, steering] of [
  [rollout({ steps: [5, 100], step: 1 }), { isOpen: true, isPaused: false, canPromote: true, canAbort: true }],
  [rollout({ state: 'paused', steps: [5, 100] }), { isOpen: true, isPaused: true, canPromote: true, canAbort: true }],
  [rollout({ state: 'ready' }), { isOpen: false, isPaused: false, canPromote: false, canAbort: false }],
  [
    rollout({ state: 'ready', fallback: 'aa', bakesUntil: 9 }),
    { isOpen: false, isPaused: false, canPromote: false, canAbort: true },
  ],
] as const) {
  it(`may be steered so: ${JSON.stringify(steering)}`, () => assert.deepEqual(steeringOf(given), steering));
}

const series = (revision: string, values: (number | null)[], stepMs = 10_000): Series => ({
  labels: { revision },
  unit: '',
  stepMs,
  points: values.map((value, index) => [index * stepMs, value]),
});

it('compares revisions by counts of requests, and a latency by its median', () => {
  const measured = {
    requests: [series('aa11', [2, null, 3]), series('bb22', [1])],
    errors: [series('aa11', [0.5, null, null])],
    p50: [series('aa11', [10, 900, 12])],
    p95: [],
  };
  assert.deepEqual(sideOf('aa', measured), { revision: 'aa', requests: 50, errorShare: 0.1, p50: 12, p95: undefined });
  assert.equal(sideOf('bb', measured).errorShare, 0);
  assert.equal(sideOf('cc', measured).errorShare, undefined, 'without requests there is no share');
});

it('lays series on one axis, with nothing where one has no value', () => {
  const [a, b] = [series('a', [1, 2]), series('b', [5], 10_000)];
  assert.deepEqual(columnsOf([a, b]), {
    at: [0, 10_000],
    values: [
      [1, 2],
      [5, null],
    ],
  });
  assert.equal(lastOf(series('a', [1, 2, null])), 2);
});

it('marks what may explain a bend, within the time that is shown', () => {
  const mark = (at: number, kind: string) => ({ at, kind, text: kind, seq: at });
  const marks = marksOf(undefined, [mark(1, 'promoted'), mark(5, 'promoted'), mark(5, 'note')], { from: 2, to: 9 });
  assert.deepEqual(
    marks.map(({ at, kind }) => [at, kind]),
    [[5, 'promoted']],
  );
});

it('groups values by their section, and steps by their service with their place in the whole', () => {
  const value = (path: string) => ({ path, value: 1 });
  assert.deepEqual(
    sectionsOf([value('name'), value('api.expose[0].path'), value('scale.min'), value('scale.max')]).map(
      ({ name, values }) => [name, values.length],
    ),
    [
      ['service', 1],
      ['api', 1],
      ['scale', 2],
    ],
  );
  const step = (service: string) => ({ service, kind: 'start', text: '' });
  const groups = planGroups({ steps: [step('a'), step('b'), step('a')], blocked: { c: ['no go'] } });
  assert.deepEqual(
    groups.map(({ service, steps }) => [service, steps.map(({ order }) => order)]),
    [
      ['a', [1, 3]],
      ['b', [2]],
      ['c', []],
    ],
  );
});
