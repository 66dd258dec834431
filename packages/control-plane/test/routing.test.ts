import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceTraffic } from '@islet/spec';
import { DEFAULT_TRAFFIC } from '@islet/spec/traffic';
import { launchKey } from '../src/desire.ts';
import { certificateTrouble, withAbsoluteFiles } from '../src/gateway-files.ts';
import { routesOf, routingTable } from '../src/routing.ts';
import type { Applied } from '../src/store/applied.ts';
import { launchSpec } from './support.ts';

const impatient: ServiceTraffic = { ...DEFAULT_TRAFFIC, timeout: { ...DEFAULT_TRAFFIC.timeout, requestMs: 1_000 } };
const before = launchSpec('orders');
const after = launchSpec('orders', {}, { traffic: impatient });

function routes(...specs: readonly (typeof before)[]) {
  return routesOf({ applied: undefined, specs, edgePort: () => undefined, operatorSocket: '/run/operator' });
}

test('another traffic policy is another table, and no other revision', () => {
  assert.notEqual(routes(before).key, routes(after).key);
  assert.equal(launchKey(before, {}), launchKey(after, {}));
});

test('what an instance is told of its connections makes another revision of it', () => {
  const told = { ...before, api: { ...before.api, proxyProtocol: true as const } };
  assert.notEqual(launchKey(before, {}), launchKey(told, {}));
});

test('the instances of an older revision are reached as the file says now', () => {
  const table = routingTable({
    version: 1,
    routes: routes(after, before),
    endpoints: {},
    warm: {},
    splits: {},
    endpointOf: () => undefined,
    unavailable: () => 'it starts',
  });
  assert.deepEqual(table.services, {
    orders: {
      protocol: 'http',
      traffic: impatient,
      endpoints: [],
      split: undefined,
      unavailable: 'it starts',
      hold: undefined,
    },
  });
});

test('a gateway with TLS is a listener with its files, and one more for plain HTTP where that has a port', () => {
  const files = { cert: '/etc/shop.pem', key: '/etc/shop.key' };
  const tls = { certificates: [files], redirect: true, httpPort: 80 };
  const applied: Applied = {
    system: 'shop',
    environment: undefined,
    mode: 'revisions',
    path: '',
    services: [],
    gone: [],
    goingDown: false,
    gateway: { host: '0.0.0.0', port: 443, workers: 2, proxyProtocol: { from: ['10.0.0.0/8'] }, tls },
  };
  const inputs = { applied, specs: [], edgePort: () => undefined, operatorSocket: '/run/operator' };
  const { listeners, workers } = routesOf(inputs);
  assert.equal(workers, 2);
  assert.ok(listeners.every((it) => it.kind !== 'gateway' || it.passedOnBy?.[0] === '10.0.0.0/8'));
  const gateways = listeners.flatMap((it) => (it.kind === 'gateway' ? [[it.port, it.secure]] : []));
  assert.deepEqual(gateways, [
    [443, { certificates: [files], port: 443, redirect: true }],
    [80, { certificates: [], port: 443, redirect: true }],
  ]);
});

test('where a host leads to previews, all that is exposed is there too, once for each path', () => {
  const expose = [
    { host: 'a.example', path: '/orders', strip: true },
    { host: 'b.example', path: '/orders', strip: false },
    { host: undefined, path: '/basket', strip: false },
  ];
  const preview = { kind: 'host', name: 'next.example', value: undefined } as const;
  const spec = { ...before, api: { ...before.api, expose }, rollout: { ...before.rollout, preview } };
  const service = {
    spec,
    revision: 'r1',
    restarts: 0,
    instances: 1,
    scaledFrom: undefined,
    after: [],
    blocked: [],
    since: 0,
  };
  const applied: Applied = {
    system: 'shop',
    environment: undefined,
    mode: 'revisions',
    path: '',
    services: [service],
    gone: [],
    gateway: { host: '0.0.0.0', port: 80, workers: 1, tls: undefined },
    goingDown: false,
  };
  const inputs = { applied, specs: [spec], edgePort: () => undefined, operatorSocket: '/run/operator' };
  const routes = routesOf(inputs).listeners.flatMap((it) => (it.kind === 'gateway' ? it.routes : []));
  assert.deepEqual(
    routes.filter(({ host }) => host === 'next.example').map(({ path, strip, service }) => [path, strip, service]),
    [
      ['/orders', true, 'orders'],
      ['/basket', false, 'orders'],
    ],
  );
  assert.equal(routes.length, 5);
});

test('files of certificates are named from the root, and what can not be read is trouble', async () => {
  const tls = { certificates: [{ cert: 'a.pem', key: '/k/a.key' }], redirect: true, httpPort: undefined };
  const gateway = withAbsoluteFiles(
    { host: '0.0.0.0', port: 443, workers: 1, tls },
    { folder: '/srv/shop', state: '/srv/s' },
  );
  assert.deepEqual(gateway.tls?.certificates, [{ cert: '/srv/shop/a.pem', key: '/k/a.key' }]);
  assert.match((await certificateTrouble(gateway)) ?? '', /^the certificate \/srv\/shop\/a\.pem can't be used: ENOENT/);
  assert.equal(await certificateTrouble({ host: '0.0.0.0', port: 80, workers: 1, tls: undefined }), undefined);
});
