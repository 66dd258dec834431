import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram, upperEndOf } from '@islet/policy';
import { metricsText } from '../src/control/metrics.ts';
import { bound, Metrics } from '../src/control/prometheus.ts';
import { httpInstance, send, world } from './world.ts';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`;

test('tells edges, routes, revisions and instances, each by its own name', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end('fine'));
  const { plane, gateway, edge } = await world(t, [instance]);
  await send(gateway, get('/orders/1'));
  await send(gateway, get('/orders/2'));
  await send(gateway, get('/nowhere'));
  await send(edge, get('/'));
  const text = metricsText(plane.readStats());
  const name = `orders-a.0-${instance.port}`;
  for (const line of [
    'islet_edge_requests_total{from="gateway",caller="",service="orders"} 2',
    'islet_edge_requests_total{from="edge",caller="web",service="orders"} 1',
    'islet_edge_errors_total{from="gateway",caller="",service="",code="no-route"} 1',
    'islet_edge_breaker{from="gateway",caller="",service="orders",state="closed"} 1',
    'islet_route_requests_total{from="gateway",caller="",service="orders",route="/orders"} 2',
    'islet_route_responses_total{from="gateway",caller="",service="orders",route="/orders",status="2xx"} 2',
    'islet_route_in_flight{from="gateway",caller="",service="orders",route="/orders"} 0',
    'islet_revision_requests_total{service="orders",revision="a"} 3',
    `islet_instance_requests_total{service="orders",revision="a",instance="${name}"} 3`,
    `islet_instance_ejected{service="orders",revision="a",instance="${name}"} 0`,
    'islet_edge_request_duration_seconds_count{from="edge",caller="web",service="orders"} 1',
  ]) {
    assert.ok(text.split('\n').includes(line), `${line}\n\nis not in\n\n${text}`);
  }
});

test('a route that the table no longer has is forgotten', async (t) => {
  const instance = await httpInstance(t, (_, response) => response.end());
  const { plane, gateway, listeners, change } = await world(t, [instance]);
  await send(gateway, get('/orders/1'));
  const routes = () => plane.readStats().edges.flatMap(({ byRoute }) => byRoute.map(({ route }) => route));
  assert.deepEqual(routes(), ['/orders']);
  await change({ listeners: listeners.filter(({ kind }) => kind !== 'gateway') });
  assert.deepEqual(routes(), []);
});

test('the bounds of a histogram lie between its own buckets, so that each value is on its right side', () => {
  const histogram = new Histogram();
  const values = [0, 1, 255, 256, 511, 512, 1_000_000, 4_000_000_000];
  for (const value of values) histogram.record(value);
  const { buckets, sum, count } = histogram.toJSON();
  const metrics = new Metrics();
  const bounds = [256, 512, 2 ** 25].map(bound);
  const ends = buckets.map(([bucket, each]) => ({ atMost: upperEndOf(bucket) / 1e6, count: each }));
  metrics.histogram('h', 'help', { a: 'b' }, { bounds, buckets: ends, sum, count });
  assert.deepEqual(metrics.text().split('\n').slice(2, 6), [
    'h_bucket{a="b",le="0.000255"} 3',
    'h_bucket{a="b",le="0.000511"} 5',
    'h_bucket{a="b",le="33.554431"} 7',
    'h_bucket{a="b",le="+Inf"} 8',
  ]);
});

test('a label from outside can neither end its text nor its line', () => {
  const metrics = new Metrics();
  metrics.gauge('g', 'help', { l: 'a"b\\c\nd' }, 1);
  assert.equal(metrics.text(), '# HELP g help\n# TYPE g gauge\ng{l="a\\"b\\\\c\\nd"} 1\n');
});
