import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf, ORDERS, orders, parsed, type Texts } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const CATALOG = 'services/catalog/service.yaml';
const two = (ordersText: string, catalogText: string): Texts =>
  orders(RUN + ordersText, { [CATALOG]: RUN + catalogText });

interface Row {
  readonly rule: string;
  readonly texts: Texts;
  readonly expected: readonly string[];
}

const ROWS: readonly Row[] = [
  {
    rule: 'two services have two names',
    texts: two('name: same\n', 'name: same\n'),
    expected: [
      `${ORDERS}:2:7  duplicate-service  name: "same" is already the service at ${CATALOG}:2:7; rename one of the two`,
    ],
  },
  {
    rule: 'two services have two public routes, with and without a slash at the end',
    texts: two('api: { expose: /shop/ }\n', 'api: { expose: [/, /shop] }\n'),
    expected: [
      `${ORDERS}:2:16  duplicate-route  api.expose[0]: any host with path /shop is already exposed at ${CATALOG}:2:20; choose another path or host for one of the two`,
    ],
  },
  {
    rule: 'hosts are compared without case',
    texts: two('api: { expose: Shop.example.com/a }\n', 'api: { expose: { host: shop.EXAMPLE.com, path: /a } }\n'),
    expected: [
      `${ORDERS}:2:16  duplicate-route  api.expose[0]: shop.example.com with path /a is already exposed at ${CATALOG}:2:48; choose another path or host for one of the two`,
    ],
  },
  {
    rule: 'a used service is there',
    texts: two('uses: [catalgo]\n', ''),
    expected: [`${ORDERS}:2:8  unknown-service  uses[0]: there is no service "catalgo"; did you mean "catalog"?`],
  },
  {
    rule: 'a service never uses itself',
    texts: orders(`${RUN}uses: [orders]\n`),
    expected: [`${ORDERS}:2:8  value  uses[0]: a service can't use itself; remove it`],
  },
  {
    rule: 'a service that stands in is one that the service itself uses',
    texts: two('traffic: { fallback: { service: catalog } }\n', ''),
    expected: [
      `${ORDERS}:2:33  not-allowed  traffic.fallback.service: "orders" does not use "catalog"; add "catalog" to uses`,
    ],
  },
  {
    rule: 'no two services stand in for each other',
    texts: two(
      'uses: [catalog]\ntraffic: { fallback: { service: catalog } }\n',
      'uses: [orders]\ntraffic: { fallback: { service: orders } }\n',
    ),
    expected: [
      `${CATALOG}:3:33  value  traffic.fallback.service: fallbacks go in a circle: catalog → orders → catalog; end one of them with respond`,
    ],
  },
  {
    rule: 'a caller is allowed by whom it uses',
    texts: two('uses: [catalog]\n', 'security:\n  allow: []\n'),
    expected: [
      `${ORDERS}:2:8  not-allowed  uses[0]: "catalog" does not allow "orders"; add "orders" to security.allow at ${CATALOG}:3:3, or stop using it`,
    ],
  },
  {
    rule: 'an allowed caller is there',
    texts: orders(`${RUN}security: { allow: [wbe] }\n`, { 'services/web/service.yaml': RUN }),
    expected: [`${ORDERS}:2:21  unknown-service  security.allow[0]: there is no service "wbe"; did you mean "web"?`],
  },
  {
    rule: 'two services have two fixed ports',
    texts: two('api: { port: 2525 }\n', 'api: { port: 2525 }\n'),
    expected: [
      `${ORDERS}:2:14  port-collision  api.port: port 2525 already belongs to "catalog" at ${CATALOG}:2:14; choose another port`,
    ],
  },
  {
    rule: 'the port for plain HTTP is another one than that for TLS',
    texts: {
      ...orders(RUN),
      'islet.yaml': 'system: shop\ngateway: { tls: { certificates: [{ cert: a, key: b }], httpPort: 8080 } }\n',
    },
    expected: [
      'islet.yaml:2:66  value  gateway.tls.httpPort: plain HTTP is recognised on the port of the gateway without it; remove it, or choose another port',
    ],
  },
  {
    rule: 'HTTP/2 is said of services that speak http',
    texts: two('api: { protocol: grpc, http2: true }\n', 'api: { protocol: tcp, http2: true }\n'),
    expected: [
      `${CATALOG}:2:23  value  api.http2: HTTP/2 is spoken by http services, and this one speaks tcp; remove it`,
      `${ORDERS}:2:24  value  api.http2: gRPC is HTTP/2 already; remove it`,
    ],
  },
  {
    rule: 'HTTP/2 is there or not',
    texts: orders(`${RUN}api: { http2: false }\n`),
    expected: [`${ORDERS}:2:15  value  api.http2: must be true; found false`],
  },
  {
    rule: "no service has the gateway's port",
    texts: orders(`${RUN}api: { port: 8080 }\n`),
    expected: [
      `${ORDERS}:2:14  port-collision  api.port: port 8080 already belongs to the gateway; choose another port`,
    ],
  },
  {
    rule: 'a fixed port allows one instance',
    texts: orders(`${RUN}api: { port: 25 }\nscale: 2\n`),
    expected: [
      `${ORDERS}:3:8  port-collision  scale.min: port 25 is fixed, so there can be one instance only; remove api.port and listen on $PORT, or scale to 1`,
    ],
  },
  {
    rule: 'a fixed port allows no rolling update',
    texts: orders(`${RUN}api: { port: 25 }\nrollout: { maxSurge: 1 }\n`),
    expected: [
      `${ORDERS}:3:22  port-collision  rollout.maxSurge: port 25 is fixed, so the old instance must end before the new one starts; remove api.port and listen on $PORT, or write strategy: recreate`,
    ],
  },
  {
    rule: 'a rolling update can take a step',
    texts: orders(`${RUN}rollout: { maxSurge: 0 }\n`),
    expected: [
      `${ORDERS}:2:22  value  rollout.maxSurge: with maxSurge and maxUnavailable both 0 no rollout can take its first step; leave maxSurge at 1`,
    ],
  },
  {
    rule: 'max is not below min',
    texts: orders(`${RUN}scale: { min: 3, max: 2 }\n`),
    expected: [`${ORDERS}:2:23  value  scale.max: max (2) is less than min (3); raise max to 3, or lower min to 2`],
  },
  {
    rule: 'only what the gateway understands is exposed',
    texts: orders(`${RUN}api: { protocol: tcp, expose: / }\n`),
    expected: [
      `${ORDERS}:2:23  value  api.expose: the gateway carries HTTP and gRPC, and this service speaks plain tcp; remove expose: services that use this one reach it all the same`,
    ],
  },
  {
    rule: 'the gateway’s host has no port in it',
    texts: { ...orders(RUN), 'islet.yaml': 'system: shop\ngateway: { host: "localhost:80" }\n' },
    expected: [
      'islet.yaml:2:18  value  gateway.host: a host is an address of this machine, or a name, without a port; found "localhost:80"',
    ],
  },
  {
    rule: 'the PROXY protocol is for what is passed through, and names networks',
    texts: {
      ...orders(`${RUN}api: { proxyProtocol: true }\n`),
      'islet.yaml': 'system: shop\ngateway: { proxyProtocol: { from: [balancer] } }\n',
    },
    expected: [
      'islet.yaml:2:36  value  gateway.proxyProtocol.from[0]: expected an address, or a network: 10.0.0.0/8; found "balancer"',
      `${ORDERS}:2:8  value  api.proxyProtocol: the PROXY protocol is for tcp, and this service speaks http; remove it: an HTTP service finds the client in X-Forwarded-For`,
    ],
  },
  {
    rule: 'a claim counts only where it is said whose tokens do',
    texts: {
      ...orders(
        `${RUN}traffic: { rateLimit: { rps: 1, by: jwt:sub }, routes: [{ match: /a, rateLimit: { rps: 1, by: jwt:tid } }] }\n`,
      ),
      'islet.yaml': 'system: shop\n',
    },
    expected: [
      `${ORDERS}:2:37  value  traffic.rateLimit[0].by: no token is verified, so nobody has a claim; say in islet.yaml whose tokens count: gateway.identity`,
      `${ORDERS}:2:95  value  traffic.routes[0].rateLimit[0].by: no token is verified, so nobody has a claim; say in islet.yaml whose tokens count: gateway.identity`,
    ],
  },
  {
    rule: 'keys of an issuer come over https, or from a file',
    texts: {
      ...orders(RUN),
      'islet.yaml': 'system: shop\ngateway: { identity: { issuer: i, jwks: "http://id.example.com/keys" } }\n',
    },
    expected: [
      'islet.yaml:2:41  value  gateway.identity.jwks: keys come over https, or from a file; found "http://id.example.com/keys"',
    ],
  },
  {
    rule: 'named files are there, and are what they should be',
    texts: orders('run: { command: x, inputs: [., ../../proto] }\ndatabase: { engine: sqlite, migrations: sql }\n', {
      'services/orders/sql': '',
    }),
    expected: [
      `${ORDERS}:1:32  missing-file  run.inputs[1]: there is no file or folder "../../proto"; looked for proto`,
      `${ORDERS}:2:41  missing-file  database.migrations: "sql" is a file, not a folder; looked for services/orders/sql`,
    ],
  },
  {
    rule: 'a system has services',
    texts: { 'islet.yaml': 'system: shop\n' },
    expected: [
      'islet.yaml:1:1  no-services  services: no folder matches services/* and holds a service.yaml; run "islet new service <name>", or name the folders in services',
    ],
  },
  {
    rule: 'a named folder holds a service',
    texts: { 'islet.yaml': 'system: shop\nservices: [a, b, c/**]\n', 'a/service.yml': RUN },
    expected: [
      'islet.yaml:2:12  missing-file  services[0]: "a" holds no service.yaml; rename service.yml to service.yaml',
      'islet.yaml:2:15  missing-file  services[1]: "b" holds no service.yaml; there is no such folder',
      'islet.yaml:2:18  value  services[2]: "c/**": "**" is not understood; use one "*" for each level: services/*/*',
    ],
  },
  {
    rule: 'a system has an islet.yaml',
    texts: { 'services/a/service.yaml': RUN },
    expected: [
      'islet.yaml:1:1  missing-file  there is no islet.yaml in this folder; run "islet init" to write one, or name the system\'s folder',
    ],
  },
  {
    rule: "a folder's name is fit to be the service's, or the file has one",
    texts: { 'islet.yaml': 'system: shop\n', 'services/My_App/service.yaml': RUN },
    expected: [
      'services/My_App/service.yaml:1:1  value  name: the folder\'s name, "My_App", is not fit to be the service\'s; write "name: …" with 1 to 40 lower-case letters, digits and "-"',
    ],
  },
  {
    rule: 'no service is called as what every object inherits',
    texts: orders(`${RUN}name: constructor\n`),
    expected: [`${ORDERS}:2:7  value  name: a service can't be called "constructor"; choose another name`],
  },
  {
    rule: "no service is called as Islet's own logs and metrics are",
    texts: orders(`${RUN}name: islet\n`),
    expected: [`${ORDERS}:2:7  value  name: a service can't be called "islet"; choose another name`],
  },
];

for (const { rule, texts, expected } of ROWS) {
  test(`${rule}, or it is an error at its place`, () => assert.deepEqual(linesOf(texts), expected));
}

test('a fixed port is reported as what it costs, and makes every rollout a recreation', () => {
  const { spec, warnings } = parsed(orders(`${RUN}api: { port: 25 }\n`));
  const rollout = spec.services[0]!.rollout;
  assert.deepEqual([rollout.strategy, rollout.maxSurge], ['recreate', 0]);
  assert.deepEqual(warnings, [
    `${ORDERS}:2:14  degraded  api.port: no zero-downtime: port 25 is fixed, so a rollout ends the old instance before the new one starts; listen on $PORT where the program can be told`,
  ]);
});

test('a password among the arguments is a warning at the reference', () => {
  const { warnings } = parsed(orders('run:\n  command: x --db ${database.url} ${port}\ndatabase: postgres\n'));
  assert.equal(warnings.length, 1);
  assert(warnings[0]!.startsWith(`${ORDERS}:2:19  exposed-secret  run.command: `), warnings[0]);
});

test('services that use each other are allowed, and told where the start order was cut', () => {
  const { spec, warnings } = parsed(two('uses: [catalog]\n', 'uses: [orders]\n'));
  assert.deepEqual(warnings, [
    `${ORDERS}:2:8  uses-cycle  uses[0]: catalog → orders → catalog is a cycle of uses: orders starts without waiting for catalog; orders must bear that catalog is not there yet, or one of these uses has to go`,
  ]);
  assert.deepEqual(spec.startOrder, ['orders', 'catalog']);
  assert.deepEqual(spec.cuts, [{ from: 'orders', to: 'catalog', cycle: ['catalog', 'orders', 'catalog'] }]);
});

test('globs match folders in the middle and parts of names, and pass over hidden ones', () => {
  const { spec } = parsed({
    'islet.yaml': 'system: shop\nservices: ["*/svc-*", ".", "a/svc-b"]\n',
    'service.yaml': RUN,
    'a/svc-b/service.yaml': RUN,
    'a/other/service.yaml': RUN,
    'c/svc-d/service.yaml': RUN,
    'c/svc-empty/x': '',
    '.git/svc-e/service.yaml': RUN,
    'node_modules/svc-f/service.yaml': RUN,
  });
  assert.deepEqual(
    spec.services.map(({ name, folder }) => [name, folder]),
    [
      ['shop', '.'],
      ['svc-b', 'a/svc-b'],
      ['svc-d', 'c/svc-d'],
    ],
  );
});

test('what is parsed never changes', () => {
  const { spec } = parsed(orders(`${RUN}api: { expose: / }\n`));
  const service = spec.services[0]!;
  for (const part of [spec, spec.services, service, service.run.env, service.api.expose[0], service.origins]) {
    assert(Object.isFrozen(part));
  }
  assert.throws(() => (service.origins as Map<string, unknown>).set('x', 1), /never changes/);
});
