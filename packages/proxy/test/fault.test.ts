import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import type { Fault } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, send, world } from './world.ts';

const GET = 'GET /orders/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const ALONE: TrafficSpec = { ...DEFAULT_TRAFFIC, retry: undefined, outlier: undefined, breaker: undefined };

async function drilled(t: TestContext, fault: Partial<Fault>, traffic = ALONE) {
  let reached = 0;
  const serve = () =>
    httpInstance(t, (_request, response) => {
      reached++;
      response.end('whole');
    });
  const [sick, well] = [endpointAt((await serve()).port, 'sick'), endpointAt((await serve()).port, 'well')];
  const proxy = await world(t, [], 'http', { traffic });
  const whole: Fault = {
    kind: 'errors',
    instance: 'sick',
    percent: 100,
    delayMs: 0,
    until: Date.now() + 60_000,
    ...fault,
  };
  await proxy.change({ endpoints: [sick], fault: whole });
  return { ...proxy, sick, well, whole, reached: () => reached };
}

it('answers 500 for the instance, which hears nothing of it, and counts it as a drill', async (t) => {
  const { gateway, plane, reached } = await drilled(t, { kind: 'errors' });
  assert.match(await send(gateway, GET), /^HTTP\/1\.1 500 /);
  assert.equal(reached(), 0);
  const edge = plane.readStats().edges.find(({ service }) => service === 'orders');
  assert.equal(edge?.decisions.drill, 1);
});

it('lets a partition look like one: no connection in time', async (t) => {
  const { gateway, reached } = await drilled(t, { kind: 'partition' });
  assert.match(await send(gateway, GET), /^HTTP\/1\.1 50[34] [\s\S]*connect-timeout/);
  assert.equal(reached(), 0);
});

it('makes answers late, and whole', async (t) => {
  const { gateway, reached } = await drilled(t, { kind: 'slow', delayMs: 200 });
  const startedAt = performance.now();
  assert.match(await send(gateway, GET), /^HTTP\/1\.1 200 [\s\S]*whole/);
  // It can't have come before its time, however busy the machine is.
  assert.ok(performance.now() - startedAt >= 199);
  assert.equal(reached(), 1);
});

it('leaves the other instances alone, so that the policy can choose them', async (t) => {
  const { gateway, change, sick, well } = await drilled(t, { kind: 'partition' }, DEFAULT_TRAFFIC);
  await change({ endpoints: [sick, well] });
  for (let request = 0; request < 10; request++) assert.match(await send(gateway, GET), /^HTTP\/1\.1 200 /);
});

it('ends by itself, though nobody takes it back', async (t) => {
  const { gateway } = await drilled(t, { until: Date.now() - 1 });
  assert.match(await send(gateway, GET), /^HTTP\/1\.1 200 /);
});

it('strikes no more once the table says nothing of it', async (t) => {
  const { gateway, change } = await drilled(t, {});
  await change({ fault: undefined });
  assert.match(await send(gateway, GET), /^HTTP\/1\.1 200 /);
});
