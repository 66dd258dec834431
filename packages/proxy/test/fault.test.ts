import assert from 'node:assert/strict';
import { createServer as createHttp2Server } from 'node:http2';
import type { Server } from 'node:net';
import { it, type TestContext } from 'node:test';
import type { Fault } from '@islet/policy';
import type { TrafficSpec } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { endpointAt, httpInstance, send, serve, world } from './world.ts';

const GET = 'GET /orders/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const ALONE: TrafficSpec = { ...DEFAULT_TRAFFIC, retry: undefined, outlier: undefined, breaker: undefined };

async function drilled(t: TestContext, fault: Partial<Fault>, traffic = ALONE) {
  let reached = 0;
  const instance = () =>
    httpInstance(t, (_request, response) => {
      reached++;
      response.end('whole');
    });
  const [sick, well] = [endpointAt((await instance()).port, 'sick'), endpointAt((await instance()).port, 'well')];
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

it('makes heads late over HTTP/2 as well, also of answers that have nothing else', async (t) => {
  const server = createHttp2Server((request, response) => {
    response.setHeader('content-type', 'application/grpc');
    response.setHeader('grpc-status', '0');
    if (request.url.endsWith('/x'))
      response.stream.respond({ ':status': 200, 'grpc-status': '0' }, { endStream: true });
    else response.end('whole');
  });
  const instance = await serve(t, server as unknown as Server);
  const proxy = await world(t, [], 'grpc', { traffic: ALONE });
  const sick = endpointAt(instance.port, 'sick');
  const until = Date.now() + 60_000;
  await proxy.change({
    endpoints: [sick],
    fault: { kind: 'slow', instance: 'sick', percent: 100, delayMs: 200, until },
  });
  for (const path of ['x', 'y']) {
    const sentAt = performance.now();
    assert.match(await send(proxy.gateway, GET.replace('/x', `/${path}`)), /^HTTP\/1\.1 200 /);
    assert.ok(performance.now() - sentAt >= 199, `${path} came before its time`);
  }
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
