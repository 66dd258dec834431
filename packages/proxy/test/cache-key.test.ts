import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { get } from 'node:https';
import { test } from 'node:test';
import type { Listener } from '@islet/policy';
import { freePort } from '../../../scripts/test/free-port.ts';
import { cached } from './cache-world.ts';
import { folderOf, selfSigned } from './certificates.ts';
import { send } from './world.ts';

test('a response that varies by where a request came from is kept by what is known of that, or not at all', async (t) => {
  for (const [name, keeps] of [
    ['X-Forwarded-Proto', true],
    ['X-Forwarded-Prefix', false],
    ['X-Forwarded-For', false],
  ] as const) {
    const { ask } = await cached(t, (request, response) => {
      response.writeHead(200, { vary: name, 'cache-control': 'max-age=60' });
      response.end(`from ${request.headers[name.toLowerCase()]}`);
    });
    for (const value of ['one', 'other', 'one'])
      assert.match(await ask('/', `${name}: ${value}\r\n`), new RegExp(`from ${value}`));
    assert.equal((await ask('/', `${name}: one\r\n`)).includes('islet; hit'), keeps);
  }
});

test('what a service said over plain HTTP is not what it says once the gateway has TLS', async (t) => {
  const { gateway, change } = await cached(t, (request, response) => {
    const isSecure = request.headers['x-forwarded-proto'] === 'https';
    response.writeHead(isSecure ? 200 : 301, { 'cache-control': 'max-age=60', location: 'https://a.example/' }).end();
  });
  const routes = [{ host: undefined, path: '/', strip: false, service: 'orders' }];
  const plain: Listener = { kind: 'gateway', host: '127.0.0.1', port: gateway, routes };
  await change({ listeners: [plain] });
  assert.match(
    await send(gateway, 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 301 /,
  );
  const certificates = [await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] })];
  await change({ listeners: [{ ...plain, secure: { certificates, port: gateway, redirect: true } }] });
  const options = { port: gateway, servername: 'a.example', headers: { host: 'a.example' }, agent: false };
  const status = await new Promise((resolve, reject) => {
    const onResponse = (response: IncomingMessage) => resolve(response.resume().statusCode);
    get({ ...options, rejectUnauthorized: false }, onResponse).on('error', reject);
  });
  assert.equal(status, 200);
});

test('what one service was answered is not for another', async (t) => {
  const { change, edge, seen } = await cached(t, (request, response) => {
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`for ${request.headers['x-islet-caller']}`);
  });
  const web: Listener = { kind: 'edge', caller: 'web', service: 'orders', host: '127.0.0.1', port: edge };
  const admin: Listener = { ...web, caller: 'admin', port: await freePort() };
  await change({ listeners: [web, admin] });
  for (const { caller, port } of [web, admin, web, admin])
    assert.match(
      await send(port, 'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'),
      new RegExp(`for ${caller}`),
    );
  assert.equal(seen.length, 2);
});

test('what was said of one host, scheme or host before a service is not said of another', async (t) => {
  const { ask, edge, seen } = await cached(t, (request, response) => {
    const { host, 'x-forwarded-host': before, 'x-forwarded-proto': scheme } = request.headers;
    response.writeHead(200, { 'cache-control': 'max-age=60' }).end(`${host} ${before} ${scheme}`);
  });
  const get = (host: string, fields: string) =>
    send(edge, `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${fields}\r\n`);
  for (const _ of [1, 2]) {
    assert.match(await get('a', ''), /a a http/);
    assert.match(await get('b', ''), /b b http/);
    assert.match(await get('a', 'X-Forwarded-Host: c\r\n'), /a c http/);
    assert.match(await get('a', 'X-Forwarded-Proto: https\r\n'), /a a https/);
  }
  assert.equal(seen.length, 4);
  await ask('/other');
  assert.equal(seen.length, 5);
});
