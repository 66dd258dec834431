import assert from 'node:assert/strict';
import { test } from 'node:test';
import { probesOfContract, probesOfSmoke } from '../src/probes.ts';

const SMOKE = `@host = http://localhost:8080
@id = 7

### A list
# with a comment
GET {{host}}/orders?limit=2 HTTP/1.1
Accept: application/json
Host: elsewhere

### One
GET http://localhost:8080/orders/{{id}}

###
POST {{host}}/orders
Content-Type: application/json

{"GET": "/not-a-request"}

### A variable that nobody knows
GET /orders/{{unknown}}

###
HEAD /
`;

test('the safe requests of an .http file are known by path and fields, whatever host they name', () => {
  assert.deepEqual(probesOfSmoke(SMOKE), [
    { method: 'GET', path: '/orders?limit=2', headers: { accept: 'application/json' } },
    { method: 'GET', path: '/orders/7', headers: {} },
    { method: 'HEAD', path: '/', headers: {} },
  ]);
});

test('a file without requests has none', () => {
  for (const text of ['', '###\n###\n', 'echo hello\n', '\u0000']) assert.deepEqual(probesOfSmoke(text), []);
});

const CONTRACT = `openapi: 3.1.0
paths:
  /orders:
    get: { parameters: [{ in: query, name: limit }] }
    post: {}
  /orders/{id}:
    get: {}
  /search:
    get: { parameters: [{ in: query, name: q, required: true }] }
  /by-reference:
    parameters: [{ $ref: '#/components/parameters/tenant' }]
    get: {}
  /health:
    get: {}
`;

test('of a contract, the GETs that need nothing to be known', () => {
  assert.deepEqual(
    probesOfContract(CONTRACT).map(({ path }) => path),
    ['/orders', '/health'],
  );
});

test('what is no contract has none', () => {
  for (const text of ['', '[]', 'paths: 3', '{{{', 'paths: { /a: 1 }']) assert.deepEqual(probesOfContract(text), []);
});
