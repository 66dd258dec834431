import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { Clock } from '../src/clock.ts';
import { Deadlines } from '../src/deadlines.ts';
import { SharedStates, sharedMemory } from '../src/shared/shared-states.ts';
import type { States } from '../src/shared/states.ts';
import type { EndpointState } from '../src/upstream/endpoint.ts';
import { ejectAgain, type Judging, judge, judgeStall, refreshStalls } from '../src/upstream/outliers.ts';
import { Registry } from '../src/upstream/registry.ts';
import type { ServiceState } from '../src/upstream/service.ts';
import { endpointAt, tableOf } from './world.ts';

const outlier = { ...DEFAULT_TRAFFIC.outlier!, maxPercent: 50 };

/** Some instances of `orders`, that nobody asks. */
function orders(count: number, traffic: TrafficSpec = { ...DEFAULT_TRAFFIC, outlier }, states?: States) {
  const nothing = () => undefined;
  const deadlines = new Deadlines(() => 0);
  // Nothing is waited for.
  deadlines.close();
  const options = { clock: new Clock(() => 0), deadlines, onDrained: nothing, onWanted: nothing };
  const registry = new Registry(states === undefined ? options : { ...options, states });
  const endpoints = Array.from({ length: count }, (_, at) => endpointAt(1_000 + at));
  registry.apply(tableOf({ endpoints, listeners: [], traffic }).services, { now: 0, epoch: 0 });
  const service = registry.service('orders')!;
  return { service, instances: service.pool.endpoints };
}

const judgingAt = (now: number): Judging => ({ outlier, now, dice: () => 0 });

function fails(service: ServiceState, instance: EndpointState, now: number) {
  for (let count = 0; count < outlier.consecutiveGateway; count++) instance.standing.onFailure(now);
  return judge(service, instance, judgingAt(now))?.cause;
}

const answers = ({ standing }: EndpointState, now: number) =>
  standing.onAnswer(200, { now, isProbe: false, isLate: false });

test('an overdue first byte counts only where a sibling has answered since it was waited for, and the instance itself has not', () => {
  const cases = [
    { own: undefined, siblings: [], ejects: false },
    { own: undefined, siblings: [99], ejects: false },
    { own: undefined, siblings: [100], ejects: true },
    { own: undefined, siblings: [50, 150], ejects: true },
    { own: 99, siblings: [150], ejects: true },
    { own: 100, siblings: [150], ejects: false },
    { own: 100, siblings: [], ejects: false },
  ];
  for (const { own, siblings, ejects } of cases) {
    const { service, instances } = orders(3);
    const [hanging, ...others] = instances;
    if (own !== undefined) answers(hanging!, own);
    for (const [at, now] of siblings.entries()) answers(others[at]!, now);
    const isOut = judgeStall(service, hanging!, { ...judgingAt(200), sentAt: 100 });
    assert.deepEqual([isOut, hanging!.standing.hangs], [ejects, ejects], JSON.stringify({ own, siblings }));
    assert.equal(service.pool.available.includes(hanging!), !ejects);
    assert.equal(judgeStall(service, hanging!, { ...judgingAt(200), sentAt: 100 }), false, 'it is out already');
  }
});

test('as many are ejected as the file allows, and none for which nobody would be left who is in and takes connections', () => {
  const { service, instances } = orders(4);
  const [a, b, c, d] = instances;
  for (const other of [b, c, d]) other!.avoidUntil = 1_001;
  assert.equal(fails(service, a!, 1_000), undefined);
  b!.avoidUntil = 1_000;
  assert.equal(fails(service, a!, 1_000), 'gateway');
  assert.equal(fails(service, b!, 1_000), undefined, 'nobody would be left that takes connections');
  c!.avoidUntil = 0;
  assert.equal(fails(service, b!, 1_000), 'gateway');
  d!.avoidUntil = 0;
  assert.equal(fails(service, c!, 1_000), undefined, 'half of them are out');
  assert.deepEqual(service.pool.available, [c, d]);
});

test('whom a request does not judge by its own policy it ejects for nothing', () => {
  const { service, instances } = orders(2);
  const [first, second] = instances;
  answers(second!, 150);
  const nobody = { ...judgingAt(200), outlier: undefined };
  for (let count = 0; count < 100; count++) first!.standing.onFailure(200);
  assert.equal(judge(service, first!, nobody), undefined);
  assert.equal(judgeStall(service, first!, { ...nobody, sentAt: 100 }), false);
  ejectAgain(first!, '5xx', nobody);
  assert.equal(first!.standing.isOut, false);
});

test('an instance is held against what its siblings took, all of them, and never against itself', () => {
  const { service, instances } = orders(3);
  const [a, b, c] = instances;
  const unknown = a!.stallMs;
  for (let count = 0; count < 100; count++) {
    a!.firstBytes.record(10_000);
    for (const other of [b, c]) other!.firstBytes.record(20);
  }
  refreshStalls(service, 0);
  assert.ok(a!.stallMs < 5_000, `${a!.stallMs}`);
  assert.ok(b!.stallMs > 10_000 && b!.stallMs === c!.stallMs, `${b!.stallMs} ${c!.stallMs}`);
  // A third of all answers took so long.
  assert.ok((service.pool.p95Ms ?? 0) > 9_000);
  // All that is long ago is forgotten.
  for (const now of [60_000, 120_000]) refreshStalls(service, now);
  assert.equal(service.pool.p95Ms, undefined);
  assert.deepEqual([b!.stallMs, c!.stallMs], [unknown, unknown]);
});

test('where nobody is judged, and for one that has no siblings, no first byte is overdue', () => {
  for (const { service, instances } of [orders(1), orders(2, { ...DEFAULT_TRAFFIC, outlier: undefined })]) {
    for (const { firstBytes } of instances) for (let count = 0; count < 20; count++) firstBytes.record(20);
    refreshStalls(service, 0);
    for (const { stallMs } of instances) assert.equal(stallMs, Number.POSITIVE_INFINITY);
  }
});

test('of two workers that would eject an instance each, one waits for what the other decides', (t) => {
  const memory = sharedMemory('salt');
  const [own, others] = [0, 1].map((lane) => {
    return orders(2, undefined, new SharedStates({ memory, lane, tell: () => undefined }));
  });
  let waited = 0;
  t.mock.method(Atomics, 'wait', () => {
    waited++;
    others!.instances[0]!.standing.eject('5xx', outlier, { now: 0, dice: () => 0 });
    others!.service.share.ejecting.release();
    return 'ok';
  });
  others!.service.share.ejecting.take();
  assert.equal(fails(own!.service, own!.instances[1]!, 0), undefined);
  assert.equal(waited, 1);
  assert.equal(own!.instances[1]!.standing.isOut, false, 'it is the last one');
});
