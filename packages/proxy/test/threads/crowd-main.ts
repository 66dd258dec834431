import { parentPort, workerData } from 'node:worker_threads';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { SharedStates } from '../../src/shared/shared-states.ts';
import { type CrowdData, NOW, RATE, TALLY } from './crowd.ts';

/** One thread of a crowd that wants more of everything than there is, all at once. */
const { memory, lane, tally, turns, places } = workerData as CrowdData;
const counts = new Int32Array(tally);
const states = new SharedStates({ memory, lane, tell: () => undefined });
const { guards, budget } = states.edge('web orders');
const { throttle } = states.service('orders');
const rate = states.rate('orders');
const limits = { requests: places, connections: 1_000, pending: 0 };
const { breaker: spec, admission } = DEFAULT_TRAFFIC;
if (spec === undefined || admission === undefined) throw new Error('the defaults have a breaker and admission control');

Atomics.add(counts, TALLY.ready, 1);
while (Atomics.load(counts, TALLY.go) === 0);
for (let turn = 0; turn < turns; turn++) {
  if (guards.bulkhead.tryEnter(limits)) {
    const inside = Atomics.add(counts, TALLY.inside, 1) + 1;
    if (inside > Atomics.load(counts, TALLY.most)) Atomics.store(counts, TALLY.most, inside);
    Atomics.add(counts, TALLY.entered, 1);
    Atomics.sub(counts, TALLY.inside, 1);
    guards.bulkhead.leave();
  }
  budget.request(NOW);
  throttle.record('normal', { accepted: false, now: NOW }, admission);
  if (rate.takeAll([{ key: 'all', limit: RATE }], NOW).kind === 'taken') Atomics.add(counts, TALLY.drawn, 1);
}
// Nothing is asked of the budget before all requests are counted in it.
Atomics.add(counts, TALLY.halfway, 1);
while (Atomics.load(counts, TALLY.halfway) < Atomics.load(counts, TALLY.ready));
for (let turn = 0; turn < turns; turn++) {
  if (budget.tryRetry(NOW, 20)) Atomics.add(counts, TALLY.retried, 1);
  if (guards.breaker.admit(NOW + spec.openMs, spec) !== undefined) Atomics.add(counts, TALLY.probes, 1);
}
parentPort?.postMessage('done');
