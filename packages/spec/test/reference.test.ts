import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { describe, formatError, parseSystem, SERVICE_DEFAULTS, SYSTEM_DEFAULTS } from '../src/index.ts';
import { nodeFiles } from '../src/node-files.ts';
import { DURATION, durationMs, durationText } from '../src/quantities.ts';
import { memoryFiles } from './memory-files.ts';

const reference = nodeFiles(join(import.meta.dirname, '../reference'));
const ORDERS = 'services/orders/service.yaml';

/** The annotated examples, with the files and callers that they name. */
const files = memoryFiles({
  'islet.yaml': reference.readText('islet.yaml')!,
  [ORDERS]: reference.readText(ORDERS)!,
  'services/orders/openapi.yaml': '',
  'services/orders/migrations/1.sql': '',
  'services/orders/seeds/1.sql': '',
  'proto/orders.proto': '',
  'services/catalog/service.yaml': 'run: { command: x }',
  'services/web/service.yaml': 'run: { command: x }\nuses: [orders]',
});

for (const environment of [undefined, 'production', 'laptop']) {
  test(`the annotated examples parse clean with ${environment ?? 'no environment'}`, () => {
    const result = parseSystem(files, { environment });
    const errors = result.kind === 'errors' ? result.errors.map((error) => formatError(error)[0]) : [];
    assert.deepEqual(errors, []);
    assert.deepEqual(result.kind === 'ok' && result.warnings, []);
  });
}

test('the annotated example says every key that a service has a value for', () => {
  const result = parseSystem(files);
  assert(result.kind === 'ok');
  const orders = result.spec.services.find(({ name }) => name === 'orders')!;
  const unsaid = describe(orders).filter(({ origin }) => origin.kind !== 'file');
  assert.deepEqual(
    unsaid.map(({ path }) => path).filter((path) => !path.startsWith('health.') && !path.endsWith('.strip')),
    [],
  );
});

test('every default of the table is filled in, as it is written there, and named', () => {
  const texts = {
    'islet.yaml': 'system: x\n',
    'services/a/service.yaml': EVERYTHING_BY_DEFAULT,
    'services/b/service.yaml': `${RUN}traffic: { balance: { algorithm: ring-hash, key: client } }\nrollout: { strategy: canary }\n`,
    'services/c/service.yaml': `${RUN}traffic: { balance: peak-ewma, hedge: {}, breaker: { slowCall: 2s } }\nrollout: { strategy: blue-green }\n`,
  };
  const result = parseSystem(memoryFiles(texts));
  assert(result.kind === 'ok');
  const { gateway, services } = result.spec;
  assert.deepEqual(gateway, {
    host: SYSTEM_DEFAULTS['gateway.host'].value,
    port: SYSTEM_DEFAULTS['gateway.port'].value,
    workers: SYSTEM_DEFAULTS['gateway.workers'].value,
    tls: undefined,
  });
  // What has an effect with another strategy only is found there; what all have is the first one's.
  const leaves = services.toReversed().flatMap((service) => describe(service));
  const described = new Map(leaves.map((leaf) => [leaf.path.replace('[0]', ''), leaf]));
  for (const [path, { value, name }] of Object.entries(SERVICE_DEFAULTS)) {
    const { value: found, origin } = described.get(path)!;
    assert.deepEqual(
      found,
      typeof value === 'string' && DURATION.test(value) ? durationText(durationMs(value)) : value,
    );
    assert.equal(origin.kind === 'default' && origin.name, name);
  }
});

const RUN = 'run: { command: x }\n';
const EVERYTHING_BY_DEFAULT =
  'run: { command: x }\napi: { expose: / }\ndatabase: postgres\nredis: store\nvolumes: [x]\nhealth: { live: /livez }\ntraffic: { rateLimit: { rps: 1 }, cache: {}, compress: {}, fallback: { respond: { body: x } } }\n' +
  'scale: { max: 2, schedule: [{ from: "08:00", to: "09:00", min: 1 }], zero: {} }\n';
