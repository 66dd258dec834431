import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe } from '../src/index.ts';
import { orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';

test('the breaker can be written out, or switched off', () => {
  const written = serviceOf(orders(`${RUN}traffic: { breaker: { failureRate: 80%, minCalls: 100 } }\n`));
  assert.deepEqual(written.traffic.breaker, {
    failureRatePercent: 80,
    slow: undefined,
    windowMs: 30_000,
    minCalls: 100,
    openMs: 5_000,
    maxOpenMs: 60_000,
    halfOpen: 3,
  });
  assert.equal(serviceOf(orders(`${RUN}traffic: { breaker: off }\n`)).traffic.breaker, undefined);
});

test('what a slow call is, is for the file to say, and how many of them are too many has a default', () => {
  const service = serviceOf(orders(`${RUN}traffic: { breaker: { slowCall: 2s } }\n`));
  assert.deepEqual(service.traffic.breaker?.slow, { afterMs: 2_000, ratePercent: 50 });
  const shown = describe(service).filter(({ path }) => path.startsWith('traffic.breaker.slow'));
  assert.deepEqual(
    shown.map(({ path, value, origin }) => [path, value, origin.kind]),
    [
      ['traffic.breaker.slowCall', '2s', 'file'],
      ['traffic.breaker.slowRate', '50%', 'default'],
    ],
  );
});
