import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { linesOf, ORDERS, parsed, serviceOf, type Texts } from './helpers.ts';

const BASE = `run:
  command: x
  env: { LEVEL: info, KEY: { secret: key } }
scale: { min: 2, max: 6 }
health: { ready: /readyz }
database: { engine: postgres }
uses: [catalog]
`;

function layered(overlay: string, base = BASE): Texts {
  return {
    'islet.yaml': `system: shop\nenvironments:\n  prod:\n    services:\n      orders:\n${overlay.replace(/^/gm, '        ')}\n`,
    [ORDERS]: base,
    'services/catalog/service.yaml': 'run: { command: x }\n',
  };
}

test('an overlay in force wins key by key, and the rest stays', () => {
  const service = serviceOf(layered('run: { env: { LEVEL: warn, KEY: plain, MORE: 1 } }\nuses: []'), 'prod');
  const text = (value: string) => ({ kind: 'template', template: [value] });
  assert.deepEqual(service.run.env, { LEVEL: text('warn'), KEY: text('plain'), MORE: text('1') });
  assert.deepEqual(service.run.command, ['x']);
  assert.deepEqual(service.uses, []);
});

test('an overlay not asked for changes nothing', () => {
  const { min, max } = serviceOf(layered('scale: 9')).scale;
  assert.deepEqual({ min, max }, { min: 2, max: 6 });
});

test('a value of an overlay has its place there', () => {
  const { origins } = serviceOf(layered('scale: { max: 9 }'), 'prod');
  assert.deepEqual(origins.get('scale.max'), { kind: 'file', place: { file: 'islet.yaml', line: 6, column: 23 } });
  assert.deepEqual(origins.get('scale.min'), { kind: 'file', place: { file: ORDERS, line: 4, column: 15 } });
});

const CPU = [{ metric: 'cpu', value: 70 }] as const;
const FOUR_OR_FIVE = { min: 4, max: 5, priority: 50, targets: CPU, schedule: [], zero: undefined } as const;

for (const { overlay, base, path, expected } of [
  { overlay: 'scale: 4', base: 'scale: { max: 5 }', path: 'scale', expected: FOUR_OR_FIVE },
  { overlay: 'scale: { max: 5 }', base: 'scale: 4', path: 'scale', expected: FOUR_OR_FIVE },
  {
    overlay: 'database: sqlite',
    base: 'database: { url: { secret: s } }',
    path: 'database',
    expected: serviceOf(layered('scale: 1', 'run: { command: x }\ndatabase: sqlite\n')).database,
  },
] as const) {
  test(`${overlay} over ${base} counts as what the shorthand stands for`, () => {
    const service = serviceOf(layered(overlay, `run: { command: x }\n${base}\n`), 'prod');
    assert.deepEqual(service[path], expected);
  });
}

test("of keys that exclude each other the overlay's drives the other out", () => {
  const { target } = serviceOf(layered('health: { ready: { tcp: true } }'), 'prod').health.ready;
  assert.deepEqual(target, { kind: 'tcp' });
});

test('the gateway can differ', () => {
  const texts = { ...layered('scale: 3') };
  const islet = `${texts['islet.yaml']}    gateway: { port: 80, workers: 3, proxyProtocol: { from: [10.1.2.3] } }\n`;
  assert.deepEqual(parsed({ ...texts, 'islet.yaml': islet }, 'prod').spec.gateway, {
    host: '127.0.0.1',
    port: 80,
    workers: 3,
    proxyProtocol: { from: ['10.1.2.3'] },
    tls: undefined,
  });
});

test('the gateway can speak TLS in one environment alone', () => {
  const texts = { ...layered('scale: 3') };
  const tls = '{ certificates: [{ cert: shop.pem, key: /etc/shop.key }], httpPort: 80 }';
  const islet = { ...texts, 'islet.yaml': `${texts['islet.yaml']}    gateway: { port: 443, tls: ${tls} }\n` };
  assert.deepEqual(parsed(islet, 'prod').spec.gateway.tls, {
    certificates: [{ cert: 'shop.pem', key: '/etc/shop.key' }],
    redirect: true,
    httpPort: 80,
  });
  assert.equal(parsed(islet).spec.gateway.tls, undefined);
});

test('what the machine may give away can differ', () => {
  const texts = { ...layered('scale: 3') };
  const islet = `${texts['islet.yaml']}    machine: { cpu: 4 }\nmachine: { cpu: 1, memory: 1Gi }\n`;
  const both = { ...texts, 'islet.yaml': islet };
  assert.deepEqual(parsed(both, 'prod').spec.machine, { cpu: 4, memoryBytes: 1024 ** 3 });
  assert.deepEqual(parsed(both).spec.machine, { cpu: 1, memoryBytes: 1024 ** 3 });
  assert.deepEqual(parsed(texts).spec.machine, { cpu: undefined, memoryBytes: undefined });
});

test('a mistake in an overlay stands at its place and path, whichever environment is asked for', () => {
  for (const environment of [undefined, 'prod']) {
    assert.deepEqual(linesOf(layered('run: { comand: y }\nscale: many\nname: other'), environment), [
      'islet.yaml:6:16  unknown-key  environments.prod.services.orders.run.comand: unknown key "comand"; did you mean "command"?',
      'islet.yaml:7:16  type  environments.prod.services.orders.scale.min: expected a whole number; found "many"',
      "islet.yaml:8:15  value  environments.prod.services.orders.name: an environment can't rename a service; remove it: a service has one name everywhere",
    ]);
  }
});

test('an overlay for no service, and an environment that is none, are errors with the nearest', () => {
  const texts = layered('scale: 3');
  const islet = texts['islet.yaml']!.replace('orders:', 'ordres:');
  assert.deepEqual(linesOf({ ...texts, 'islet.yaml': islet }, 'prd'), [
    'islet.yaml:2:1  unknown-environment  environments: there is no environment "prd"; did you mean "prod"?',
    'islet.yaml:5:7  unknown-service  environments.prod.services.ordres: there is no service "ordres"; did you mean "orders"?',
  ]);
});

test('a rule that only the overlay breaks is an error only where it is in force', () => {
  const texts = layered('uses: [nobody]');
  assert.deepEqual(linesOf(texts), []);
  assert.deepEqual(linesOf(texts, 'prod'), [
    'islet.yaml:6:16  unknown-service  environments.prod.services.orders.uses[0]: there is no service "nobody"; there is catalog',
  ]);
});

test("each variable is the overlay's where it has one, else the file's", () => {
  const env = fc.dictionary(fc.constantFrom('A', 'B', 'C', 'D'), fc.constantFrom('1', 'x', '{ secret: s }'), {
    noNullPrototype: true,
  });
  const written = (values: Record<string, string>) =>
    `{ ${Object.entries(values)
      .map(([name, value]) => `${name}: ${value}`)
      .join(', ')} }`;
  const value = (text: string) =>
    text.startsWith('{') ? { kind: 'secret', secret: 's' } : { kind: 'template', template: [text] };
  fc.assert(
    fc.property(env, env, (base, over) => {
      const service = serviceOf(
        layered(`run: { env: ${written(over)} }`, `run: { command: x, env: ${written(base)} }`),
        'prod',
      );
      const expected = Object.entries({ ...base, ...over }).map(([name, text]) => [name, value(text)]);
      assert.deepEqual(service.run.env, Object.fromEntries(expected));
    }),
    { numRuns: 60 },
  );
});
