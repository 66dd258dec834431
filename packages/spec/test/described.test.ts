import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describe, describeSystem } from '../src/index.ts';
import { pathText } from '../src/located.ts';
import { policy } from '../src/schema/traffic.ts';
import { keysAt } from '../src/schema/walk.ts';
import { ORDERS, orders, parsed, serviceOf } from './helpers.ts';

/* What the schema knows of traffic, `islet describe` shows: also what is off, and what is otherwise for some. */

const RUN = 'run: { command: serve }\n';
const WEB = { 'services/web/service.yaml': 'run: { command: serve }\nuses: [orders]\n' };
const SECTIONS = keysAt(policy, []);

/** Everything on, in as many files as it takes: keys of one section can exclude each other. */
const FILES: readonly Readonly<Record<string, unknown>>[] = [
  {
    balance: { slowStart: {}, sticky: { cookie: 'home', maxAge: '1d' } },
    hedge: {},
    breaker: { slowCall: '1s' },
    admission: { header: 'x-priority' },
    rateLimit: { rps: 5 },
    cache: {},
    compress: {},
    fallback: { respond: { body: '[]' } },
  },
  { balance: { algorithm: 'ring-hash', key: 'client' }, fallback: { respond: { file: 'instead.json' } } },
  { balance: 'peak-ewma', fallback: { service: 'web' } },
];

/** Every value that can be written, by its path below `traffic`; an item of a list stands for all. */
function valuesBelow(path: readonly string[]): readonly string[] {
  const keys = keysAt(policy, path);
  if (keys.length > 0) return keys.flatMap((key) => valuesBelow([...path, key]));
  return keysAt(policy, [...path, 0]).length > 0
    ? keysAt(policy, [...path, 0]).map((key) => pathText([...path, 0, key]))
    : [pathText(path)];
}

function described(traffic: unknown) {
  const file = `${RUN}uses: [web]\napi: { expose: /orders }\ntraffic: ${JSON.stringify(traffic)}\n`;
  const web = { 'services/web/service.yaml': `${RUN}uses: [orders]\n`, 'services/orders/instead.json': '[]' };
  return describe(serviceOf(orders(file, web)));
}

test('a file that says nothing of traffic has each section described, on or off', () => {
  const values = describe(serviceOf(orders(RUN)));
  const sections = new Set(values.flatMap(({ path }) => /^traffic\.(\w+)/.exec(path)?.[1] ?? []));
  assert.deepEqual(sections, new Set(SECTIONS));
  const off = values.filter(({ path, value }) => path.startsWith('traffic.') && value === 'off');
  assert.deepEqual(
    off.map(({ path }) => path),
    [
      'traffic.balance.sticky',
      'traffic.hedge',
      'traffic.breaker.slowCall',
      'traffic.limits.requestHeaders',
      'traffic.limits.requestBody',
      'traffic.limits.responseHeaders',
      'traffic.limits.responseBody',
      'traffic.rateLimit',
      'traffic.cache',
      'traffic.compress',
      'traffic.fallback',
    ],
  );
});

test('each key of the schema is described where it is in force', () => {
  const shown = new Set(FILES.flatMap(described).map(({ path }) => path.replace('traffic.', '')));
  assert.deepEqual(
    SECTIONS.flatMap((section) => valuesBelow([section])).filter((path) => !shown.has(path)),
    [],
  );
});

for (const [who, at, place] of [
  ['a route', (policy: unknown) => ({ routes: [{ match: '/a', ...(policy as object) }] }), 'traffic.routes[0]'],
  ['a caller', (policy: unknown) => ({ callers: { web: policy } }), 'traffic.callers.web'],
  [
    'a caller on a route',
    (policy: unknown) => ({ callers: { web: { routes: [{ match: '/a', ...(policy as object) }] } } }),
    'traffic.callers.web.routes[0]',
  ],
] as const) {
  test(`what ${who} has of its own is described like what holds for all, with what it inherits`, () => {
    for (const policy of FILES) {
      const own = described(policy).filter(({ path }) =>
        Object.keys(policy).some((key) => isOf(path, `traffic.${key}`)),
      );
      const theirs = described(at(policy)).filter(({ path }) => isOf(path, place) && !path.endsWith('.match'));
      assert.deepEqual(
        theirs.map(({ path, value, origin }) => [path.replace(place, 'traffic'), value, origin.kind]),
        own.map(({ path, value, origin }) => [path, value, origin.kind]),
      );
    }
  });
}

function isOf(path: string, section: string): boolean {
  return path === section || path.startsWith(`${section}.`) || path.startsWith(`${section}[`);
}

test('off is written as it is shown, also where a route turns off what its service has', () => {
  const traffic =
    '{ rateLimit: { rps: 5 }, limits: { requestBody: 1Mi }, routes: [{ match: /a, rateLimit: off, limits: { requestBody: off } }] }';
  const service = serviceOf(orders(`${RUN}traffic: ${traffic}\n`, WEB));
  const [override] = service.traffic.overrides;
  assert.deepEqual(override?.policy.rateLimit, []);
  assert.equal(override?.policy.limits?.sizes.requestBody, undefined);
  const values = new Map(describe(service).map(({ path, value, origin }) => [path, { value, origin }]));
  for (const key of ['rateLimit', 'limits.requestBody']) {
    const { value, origin } = values.get(`traffic.routes[0].${key}`) ?? {};
    assert.equal(value, 'off');
    assert.ok(origin?.kind === 'file' && origin.place.file === ORDERS, key);
  }
});

const ISLET = `system: shop
gateway:
  workers: 2
  tls: { certificates: dev, redirect: false }
machine: { memory: 2Gi }
environments:
  production:
    gateway:
      port: 443
      tls: { certificates: [{ cert: a.pem, key: a.key }], httpPort: 80 }
      proxyProtocol: { from: [10.0.0.0/8] }
`;

for (const [environment, expected] of [
  [
    undefined,
    [
      'gateway.host 127.0.0.1 default',
      'gateway.port 8080 default',
      'gateway.workers 2 islet.yaml:3',
      'gateway.tls.certificates dev islet.yaml:4',
      'gateway.tls.redirect false islet.yaml:4',
      'gateway.proxyProtocol off default',
      'gateway.identity off default',
      'machine.memory 2Gi islet.yaml:5',
    ],
  ],
  [
    'production',
    [
      'gateway.host 127.0.0.1 default',
      'gateway.port 443 islet.yaml:9',
      'gateway.workers 2 islet.yaml:3',
      'gateway.tls.certificates[0].cert a.pem islet.yaml:10',
      'gateway.tls.certificates[0].key a.key islet.yaml:10',
      // What an environment says of TLS stands for all of it.
      'gateway.tls.redirect true default',
      'gateway.tls.httpPort 80 islet.yaml:10',
      'gateway.proxyProtocol.from 10.0.0.0/8 islet.yaml:11',
      'gateway.identity off default',
      'machine.memory 2Gi islet.yaml:5',
    ],
  ],
] as const) {
  test(`the system's own values are described${environment === undefined ? '' : ', with an environment over them'}`, () => {
    const { spec } = parsed({ ...orders(RUN), 'islet.yaml': ISLET }, environment);
    const told = describeSystem(spec).map(({ path, value, origin }) => {
      const from = origin.kind === 'file' ? `${origin.place.file}:${origin.place.line}` : origin.kind;
      return `${path} ${value} ${from}`;
    });
    assert.deepEqual(told, expected);
  });
}
