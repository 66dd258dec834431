import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const scaleOf = (text: string) => serviceOf(orders(`${RUN}${text}\n`)).scale;

describe('scale', () => {
  it('stays at min without max, and follows the CPU with it', () => {
    assert.deepEqual(scaleOf('scale: 3').targets, []);
    assert.deepEqual(scaleOf('scale: { max: 4 }').targets, [{ metric: 'cpu', value: 70 }]);
  });

  it('takes every target, in the order of the reference', () => {
    const text =
      'run: { command: x, resources: { memory: 1Gi } }\nscale: { max: 4, target: { p95: 300ms, memory: 80%, rps: 9 } }\n';
    assert.deepEqual(serviceOf(orders(text)).scale.targets, [
      { metric: 'rps', value: 9 },
      { metric: 'memory', value: 80 },
      { metric: 'p95', value: 300 },
    ]);
  });

  it('goes to none by min 0 or by zero, with one at most where nothing else is said', () => {
    const usual = { afterMs: 300_000, holdMs: 30_000, requests: 100 };
    assert.deepEqual(scaleOf('scale: { min: 0 }').zero, usual);
    assert.equal(scaleOf('scale: { min: 0 }').max, 1);
    assert.deepEqual(scaleOf('scale: { zero: { after: 1m } }').zero, { ...usual, afterMs: 60_000 });
    assert.equal(scaleOf('scale: 2').zero, undefined);
  });

  it('reads windows of a schedule, on weekdays where no days are said', () => {
    const [window] = scaleOf('scale: { max: 4, schedule: [{ from: "08:00", to: "18:30", min: 4 }] }').schedule;
    assert.deepEqual(window, { days: [1, 2, 3, 4, 5], fromMinute: 480, toMinute: 1110, min: 4 });
  });

  for (const { text, path, message } of [
    { text: 'scale: { target: { rps: 10 } }', path: 'scale.target', message: /can't follow a target/ },
    { text: 'scale: { max: 4, target: {} }', path: 'scale.target', message: /no target is named/ },
    {
      text: 'scale: { max: 4, target: { memory: 50% } }',
      path: 'scale.target.memory',
      message: /run.resources.memory/,
    },
    {
      text: 'scale: { max: 2, schedule: [{ from: "08:00", to: "18:00", min: 3 }] }',
      path: 'scale.schedule[0].min',
      message: /more than scale.max/,
    },
    {
      text: 'scale: { schedule: [{ from: "8", to: "18:00", min: 1 }] }',
      path: 'scale.schedule[0].from',
      message: /time of the day/,
    },
    { text: 'api: { protocol: tcp }\nscale: { min: 0 }', path: 'scale.min', message: /only http services/ },
    { text: 'api: { protocol: grpc }\nscale: { zero: {} }', path: 'scale.zero', message: /only http services/ },
  ]) {
    it(`refuses ${text.replace('\n', ', ')}`, () => {
      const [error] = errorsOf(orders(`${RUN}${text}\n`));
      assert.equal(error?.path, path);
      assert.match(error?.message ?? '', message);
    });
  }
});
