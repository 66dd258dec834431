import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Origin } from '@islet/spec';
import { ruleLinesOf, ruleOrigin } from '../src/rule-lines.ts';
import type { Applied } from '../src/store/applied.ts';

const at = (line: number): Origin => ({ kind: 'file', place: { file: 'orders/service.yaml', line, column: 1 } });
const ORIGINS = new Map<string, Origin>([
  ['traffic.timeout.request', at(3)],
  ['traffic.timeout.perTry', { kind: 'derived', from: 'traffic.timeout.request' }],
  ['traffic.outlier.base', at(5)],
  ['traffic.rateLimit[0].rps', at(7)],
  ['traffic.routes[1].timeout.request', at(9)],
  ['run.command', at(1)],
  ['traffic.retry.attempts', { kind: 'default', name: 'retry' }],
]);

const LINES = ruleLinesOf({ origins: ORIGINS });
const applied = { lines: { orders: LINES } } as unknown as Applied;

for (const [rule, from] of [
  ['traffic.timeout.request', 'orders/service.yaml:3'],
  ['traffic.outlier.stall', 'orders/service.yaml:5'],
  ['traffic.rateLimit', 'orders/service.yaml:7'],
  ['traffic.routes[1].timeout.request', 'orders/service.yaml:9'],
  ['traffic.routes[1].timeout.connect', 'orders/service.yaml:9'],
  ['traffic.retry', 'default'],
  ['traffic.retry.budget', 'default'],
  ['traffic.breaker', 'default'],
  ['deadline', "the caller's own x-islet-deadline-ms or grpc-timeout"],
] as const) {
  it(`${rule} comes from ${from}`, () => assert.equal(ruleOrigin(rule, 'orders', applied), from));
}

it('keeps the places of what stands in a file, and of nothing else', () => {
  assert.deepEqual(Object.keys(LINES), [
    'traffic.timeout.request',
    'traffic.outlier.base',
    'traffic.rateLimit[0].rps',
    'traffic.routes[1].timeout.request',
    'run.command',
  ]);
});

it('a service that nobody knows any more has no lines', () => {
  assert.equal(ruleOrigin('traffic.retry', 'gone', applied), 'not known any more');
});
