import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import type { CertificateFiles } from '@islet/policy';
import fc from 'fast-check';
import { proxyHeader, readProxyHeader } from '../src/client/proxy-header.ts';
import { folderOf, selfSigned } from './certificates.ts';
import { ask } from './http2-world.ts';
import { httpInstance, rawInstance, send, tableOf, until, world } from './world.ts';

const CLIENT = { address: '203.0.113.7', port: 4711 };
const GET = 'GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
const header = (from = CLIENT) => proxyHeader({ from, to: { address: '192.0.2.1', port: 443 }, caller: undefined });
/** As a load balancer's health check sends it. */
const LOCAL = Buffer.from([...Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1'), 0x20, 0, 0, 0]);

/** A gateway whose peers on this machine pass connections on. */
async function behind(
  t: TestContext,
  { from = ['127.0.0.0/8'], files }: { from?: string[]; files?: CertificateFiles } = {},
) {
  const instance = await httpInstance(t, (request, response) =>
    response.end(`for ${request.headers['x-forwarded-for']}`),
  );
  const made = await world(t, [instance]);
  const secure = files && { certificates: [files], port: made.gateway, redirect: false };
  const routes = [{ host: undefined, path: '/', strip: false, service: 'orders' }];
  await made.change({
    listeners: [{ kind: 'gateway', host: '127.0.0.1', port: made.gateway, routes, passedOnBy: from, secure }],
  });
  return made;
}

test('who passes a connection on says whose it is, and the service is told that', async (t) => {
  const { gateway } = await behind(t);
  assert.match(await send(gateway, Buffer.concat([header(), Buffer.from(GET)])), /for 203\.0\.113\.7$/);
  const v6 = header({ address: '2001:db8::7', port: 1 });
  assert.match(await send(gateway, Buffer.concat([v6, Buffer.from(GET)])), /for 2001:db8::7$/);
  const mapped = proxyHeader({ from: CLIENT, to: { address: '2001:db8::1', port: 443 }, caller: 'x' });
  assert.match(await send(gateway, Buffer.concat([mapped, Buffer.from(GET)])), /for 203\.0\.113\.7$/);
  assert.match(await send(gateway, Buffer.concat([LOCAL, Buffer.from(GET)])), /for 127\.0\.0\.1$/);
});

test('a header that comes byte by byte is one all the same', async (t) => {
  const { gateway } = await behind(t);
  const socket = connect({ port: gateway, host: '127.0.0.1', noDelay: true });
  let text = '';
  socket.setEncoding('latin1').on('data', (more) => {
    text += more;
  });
  for (const byte of header()) {
    socket.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.write(GET);
  await once(socket, 'end');
  assert.match(text, /for 203\.0\.113\.7$/);
});

test('it stands before HTTP/2 and TLS too', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const plain = await behind(t);
  const raw = connect(plain.gateway, '127.0.0.1');
  raw.write(header());
  const session = connectHttp2('http://a.example', { createConnection: () => raw });
  t.after(() => session.destroy());
  assert.equal((await ask(session, '/')).body, 'for 203.0.113.7');

  const { gateway } = await behind(t, { files });
  const socket = connect(gateway, '127.0.0.1');
  socket.write(header());
  const secure = connectTls({ socket, rejectUnauthorized: false, servername: 'a.example' });
  t.after(() => secure.destroy());
  await once(secure, 'secureConnect');
  secure.write(GET);
  let text = '';
  secure.setEncoding('latin1').on('data', (more) => {
    text += more;
  });
  await until(() => /for 203\.0\.113\.7$/.test(text));
});

test('of those who must say it, one that does not is refused; of anybody else it is no header', async (t) => {
  const { gateway, plane } = await behind(t);
  assert.equal(await send(gateway, GET).catch(() => ''), '');
  const errors = () => plane.readStats().edges.find(({ from }) => from.kind === 'gateway')?.errors;
  assert.equal(errors()?.['not-passed-on'], 1);
  const elsewhere = await behind(t, { from: ['10.0.0.0/8', '2001:db8::/32', '192.0.2.1'] });
  assert.match(await send(elsewhere.gateway, GET), /for 127\.0\.0\.1$/);
  assert.match(await send(elsewhere.gateway, Buffer.concat([header(), Buffer.from(GET)])), /^HTTP\/1\.1 400 /);
});

test('what is read is what was written, and nothing else is taken for a header', () => {
  const address = fc.oneof(
    fc.ipV4(),
    fc.ipV6().filter((text) => !text.includes('.')),
  );
  const end = fc.record({ address, port: fc.integer({ min: 0, max: 65_535 }) });
  const caller = fc.option(fc.stringMatching(/^[a-z]{1,40}$/), { nil: undefined });
  fc.assert(
    fc.property(end, end, caller, fc.uint8Array({ maxLength: 20 }), (from, to, calls, rest) => {
      const bytes = proxyHeader({ from, to, caller: calls });
      const read = readProxyHeader(Buffer.concat([bytes, rest]));
      assert.ok(read.kind === 'header');
      assert.equal(read.length, bytes.length);
      assert.equal(read.client?.port, from.port);
      assert.equal(new URL(urlOf(read.client?.address ?? '')).host, new URL(urlOf(from.address)).host);
      for (let cut = 0; cut < bytes.length; cut++) assert.equal(readProxyHeader(bytes.subarray(0, cut)).kind, 'more');
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 64 }), (bytes) => {
      assert.equal(readProxyHeader(Buffer.from(bytes)).kind, 'bad');
    }),
  );
});

const BAD: readonly (readonly [what: string, at: number, value: number])[] = [
  ['another version', 12, 0x11],
  ['an unknown command', 12, 0x2f],
  ['datagrams', 13, 0x12],
  ['too long', 14, 0xff],
];

for (const [what, at, value] of BAD) {
  test(`a header is refused: ${what}`, () => {
    const bytes = Buffer.concat([header(), Buffer.alloc(70_000)]);
    bytes[at] = value;
    assert.equal(readProxyHeader(bytes).kind, 'bad');
  });
}

test('an instance whose revision asks for it is told who calls, before the first byte, and no other one', async (t) => {
  const listening = (seen: Buffer[]) =>
    rawInstance(t, (socket) => {
      let bytes = Buffer.alloc(0);
      socket.on('data', (more) => {
        bytes = Buffer.concat([bytes, more]);
        if (!bytes.includes('hello')) return;
        seen.push(bytes);
        socket.end('bye');
      });
    });
  const [told, untold]: [Buffer[], Buffer[]] = [[], []];
  const [one, other] = [await listening(told), await listening(untold)];
  const { plane, edge, listeners } = await world(t, [one, other], 'tcp');
  const table = tableOf({ version: 9, endpoints: [], listeners, protocol: 'tcp' });
  const { orders } = table.services;
  assert.ok(orders !== undefined);
  const at = (port: number) => ({ host: '127.0.0.1', port });
  const endpoints = [
    { instance: 'orders-b', revision: 'b', ...at(one.port), toldClients: true },
    { instance: 'orders-a', revision: 'a', ...at(other.port) },
  ];
  await plane.apply({ ...table, services: { orders: { ...orders, endpoints } } });
  const headers: Buffer[] = [];
  while (told.length === 0 || untold.length === 0) {
    const socket = connect({ port: edge, host: '127.0.0.1' });
    socket.write('hello');
    await once(socket, 'connect');
    const from = { address: '127.0.0.1', port: socket.localPort ?? 0 };
    headers.push(proxyHeader({ from, to: { address: '127.0.0.1', port: edge }, caller: 'web' }));
    await once(socket.resume(), 'end');
  }
  const hello = Buffer.from('hello');
  assert.ok(told.every((bytes) => headers.some((header) => bytes.equals(Buffer.concat([header, hello])))));
  assert.ok(untold.every((bytes) => bytes.equals(hello)));
});

function urlOf(address: string): string {
  return `http://${address.includes(':') ? `[${address}]` : address}/`;
}
