import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { commandOf, environmentOf, type InstanceFacts } from '../src/environment.ts';
import { launchSpec } from './support.ts';

const FACTS: InstanceFacts = {
  service: 'orders',
  instance: 'orders-r1.0-0',
  revision: 'r1',
  host: '127.0.0.1',
  port: 21_000,
  database: {
    url: 'postgres://orders:pw@127.0.0.1:5432/orders',
    host: '127.0.0.1',
    port: 5432,
    user: 'orders',
    password: 'pw',
    name: 'orders',
    path: undefined,
  },
  poolMax: undefined,
  redis: undefined,
  volumes: { 'user-uploads': '/data/volumes/user-uploads' },
  edges: {
    catalog: { host: '127.0.0.1', port: 22_000, protocol: 'http' },
    'order-history': { host: '127.0.0.1', port: 22_001, protocol: 'tcp' },
  },
  secret: (name) => (name === 'stripe' ? 'sk_42' : undefined),
  path: '/usr/bin',
  telemetry: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:24000' },
  system: 'shop',
  instrument: {},
};

describe('what an instance is given', () => {
  const spec = launchSpec('orders', {
    command: ['serve --port ', { kind: 'own', name: 'port' }],
    env: {
      STRIPE_KEY: { kind: 'secret', secret: 'stripe' },
      CATALOG: { kind: 'template', template: [{ kind: 'uses', service: 'catalog', part: 'address' }] },
      DSN: {
        kind: 'template',
        template: ['host=', { kind: 'database', part: 'host' }, ' password=', { kind: 'database', part: 'password' }],
      },
      UPLOADS: { kind: 'template', template: ['in ', { kind: 'volumes', name: 'user-uploads' }] },
      LANG: { kind: 'template', template: ['de_DE.UTF-8'] },
    },
  });
  const environment = environmentOf(spec, FACTS);

  for (const [name, value] of [
    ['PORT', '21000'],
    ['HOST', '127.0.0.1'],
    ['DATABASE_URL', 'postgres://orders:pw@127.0.0.1:5432/orders'],
    ['ISLET_VOLUME_USER_UPLOADS', '/data/volumes/user-uploads'],
    ['UPLOADS', 'in /data/volumes/user-uploads'],
    ['CATALOG_URL', 'http://127.0.0.1:22000'],
    ['CATALOG_ADDRESS', '127.0.0.1:22000'],
    ['ORDER_HISTORY_URL', 'tcp://127.0.0.1:22001'],
    ['ISLET_SERVICE', 'orders'],
    ['ISLET_INSTANCE', 'orders-r1.0-0'],
    ['ISLET_REVISION', 'r1'],
    ['OTEL_SERVICE_NAME', 'orders'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://127.0.0.1:24000'],
    ['STRIPE_KEY', 'sk_42'],
    ['CATALOG', '127.0.0.1:22000'],
    ['DSN', 'host=127.0.0.1 password=pw'],
    ['LANG', 'de_DE.UTF-8'],
  ] as const) {
    it(`has ${name}`, () => assert.equal(environment[name], value));
  }

  it('has nothing of a store it does not declare', () => {
    const without = environmentOf(launchSpec('web'), { ...FACTS, database: undefined });
    assert.deepEqual(
      Object.keys(without).filter((name) => name.startsWith('DATABASE')),
      [],
    );
  });

  it('says that what it prints is not to be marked, where its file says so and by no other word', () => {
    const logs = (correlate: boolean) => ({ telemetry: { ...DEFAULT_TELEMETRY, logs: { keepMs: 1, correlate } } });
    const marking = (changes: ReturnType<typeof logs>) =>
      environmentOf(launchSpec('web', {}, changes), FACTS).ISLET_MARK_CONSOLE;
    assert.deepEqual([marking(logs(true)), marking(logs(false))], [undefined, 'off']);
  });

  it('has its references in the command too', () => {
    assert.equal(commandOf(spec, FACTS), 'serve --port 21000');
  });
});
