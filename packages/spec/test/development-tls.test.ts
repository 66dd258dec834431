import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linesOf, ORDERS, orders, parsed, type Texts } from './helpers.ts';

const RUN = 'run: { command: x }\n';

test('certificates are files, or of the development authority, or it is an error at its place', () => {
  const islet =
    'system: shop\ngateway: { tls: deb }\nenvironments:\n  a: { gateway: { tls: { certificates: [], httpPort: 80 } } }\n  b: { gateway: { tls: true } }\n  c: { gateway: { tls: { certificates: [{ cert: a }] } } }\n';
  assert.deepEqual(linesOf(orders(RUN, { 'islet.yaml': islet })), [
    'islet.yaml:2:17  value  gateway.tls.certificates: expected dev, or a list of { cert, key }; found "deb"',
    'islet.yaml:4:40  value  environments.a.gateway.tls.certificates: the list needs at least 1; found a list',
    'islet.yaml:5:24  type  environments.b.gateway.tls: expected a section of keys; found true',
    'islet.yaml:6:41  required  environments.c.gateway.tls.certificates[0].key: "key" is required',
  ]);
});

test('a development certificate is one that an environment says, or takes over', () => {
  const islet = (base: string, prod: string) => ({
    ...orders(RUN),
    'islet.yaml': `system: shop\ngateway: ${base}\nenvironments:\n  prod: { gateway: ${prod} }\n`,
  });
  const tlsOf = (base: string, prod: string, environment?: string) =>
    parsed(islet(base, prod), environment).spec.gateway.tls;
  const development = (isInherited: boolean) => ({
    certificates: [],
    development: { isInherited },
    redirect: true,
    httpPort: undefined,
  });
  assert.deepEqual(tlsOf('{ tls: dev }', '{}'), development(false));
  assert.deepEqual(tlsOf('{ tls: dev }', '{}', 'prod'), development(true));
  assert.deepEqual(tlsOf('{}', '{ tls: dev }', 'prod'), development(false));
  assert.deepEqual(tlsOf('{}', '{ tls: { certificates: dev, httpPort: 80 } }', 'prod'), {
    ...development(false),
    httpPort: 80,
  });
});

test('a development certificate is a warning wherever others than this machine would have to trust it', () => {
  const islet = (gateway: string, prod = '{}') => ({
    'islet.yaml': `system: shop\ngateway: ${gateway}\nenvironments:\n  prod: { gateway: ${prod} }\n`,
  });
  const on = (texts: Texts, environment?: string) =>
    parsed(orders(`${RUN}api: { expose: / }\n`, texts), environment).warnings;
  assert.deepEqual(on(islet('{ tls: dev }')), []);
  assert.deepEqual(on(islet('{ tls: dev }'), 'prod'), [
    'islet.yaml:2:17  degraded  gateway.tls: the environment prod has a certificate of the development authority, which only this machine trusts; name its certificates in environments.prod.gateway.tls',
  ]);
  assert.deepEqual(on(islet('{}', '{ tls: dev }'), 'prod'), []);
  assert.deepEqual(on(islet('{ tls: dev }', '{ host: 0.0.0.0, tls: { certificates: dev } }'), 'prod'), [
    "islet.yaml:4:42  degraded  environments.prod.gateway.tls: other machines reach the gateway at 0.0.0.0, and don't trust the development authority of this one; name certificates, or listen on 127.0.0.1",
  ]);
  const exposed = orders(`${RUN}api: { expose: [shop.example.com/, shop.localhost/, shop.test/, { path: /x }] }\n`);
  assert.deepEqual(parsed({ ...exposed, ...islet('{ tls: dev }') }).warnings, [
    `${ORDERS}:2:17  degraded  api.expose[0].host: orders is exposed at shop.example.com, and the development authority speaks for hosts below .localhost and .test alone; expose it at shop.localhost where you develop`,
  ]);
});
