import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, copyFile, rename, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import type { CertificateFiles, Listener } from '@islet/policy';
import { freePort } from '../../../scripts/test/free-port.ts';
import { LIMITS } from '../src/limits.ts';
import type { DataPlane } from '../src/plane.ts';
import { certificateProblems, loadCertificate } from '../src/tls/certificate.ts';
import { Certificates } from '../src/tls/certificates.ts';
import { folderOf, selfSigned } from './certificates.ts';
import { ask } from './http2-world.ts';
import { httpInstance, send, until, world } from './world.ts';

const LARGE = 1_000_000;

interface Secured {
  readonly redirect?: boolean;
  readonly files: readonly CertificateFiles[];
}

/** The world, with TLS at its gateway and everything exposed there. */
async function secured(t: TestContext, { files, redirect = true }: Secured) {
  const instance = await httpInstance(t, (request, response) => {
    const [, letter] = /^\/large\/(.)/.exec(request.url ?? '') ?? [];
    const told = `${request.headers['x-forwarded-proto']} ${request.httpVersion} ${request.url}`;
    response.end(letter === undefined ? told : Buffer.alloc(LARGE, letter));
  });
  const made = await world(t, [instance]);
  const plain = await freePort();
  const gateway = (certificates: readonly CertificateFiles[], port: number): Listener => ({
    kind: 'gateway',
    host: '127.0.0.1',
    port,
    routes: [{ host: undefined, path: '/', strip: false, service: 'orders' }],
    secure: { certificates, port: made.gateway, redirect },
  });
  const use = (certificates: readonly CertificateFiles[]) =>
    made.change({ listeners: [gateway(certificates, made.gateway), gateway([], plain)] });
  await use(files);
  return { ...made, plain, use };
}

async function handshake(t: TestContext, port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  t.after(() => socket.destroy());
  await once(socket, 'secureConnect');
  return socket;
}

async function get(socket: TLSSocket): Promise<string> {
  socket.write('GET /a HTTP/1.1\r\nHost: a.example\r\n\r\n');
  let text = '';
  socket.setEncoding('latin1');
  socket.on('data', (more: string) => {
    text += more;
  });
  await until(() => text.includes(' /a'));
  socket.removeAllListeners('data');
  return text;
}

test('HTTP/1.1 is served over TLS, and the instance is told https', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway } = await secured(t, { files: [files] });
  const socket = await handshake(t, gateway, { servername: 'a.example' });
  assert.match(await get(socket), /^HTTP\/1\.1 200 OK[\s\S]*https 1\.1 \/a$/);
});

test('a client that knows neither HTTP/2 nor HTTP/1.1 is refused in the handshake', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway } = await secured(t, { files: [files] });
  await assert.rejects(handshake(t, gateway, { ALPNProtocols: ['smtp'] }), {
    code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL',
  });
});

test('a connection over TLS takes one place of those that a listener has', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway, plane } = await secured(t, { files: [files] });
  await plane.share(LIMITS.clientsPerListener / 3, { kind: 'alone' });
  for (let nth = 0; nth < 3; nth++) assert.match(await get(await handshake(t, gateway)), /^HTTP\/1\.1 200/);
  await assert.rejects(handshake(t, gateway), 'a fourth');
});

/** The first byte of a handshake, and no more. */
async function halfHandshake(t: TestContext, port: number): Promise<Socket> {
  const socket = connectTcp(port, '127.0.0.1').on('error', () => undefined);
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  socket.write(Buffer.from([0x16]));
  return socket;
}

function unfinishedOf(plane: DataPlane): number | undefined {
  return plane.readStats().edges.find(({ from }) => from.kind === 'gateway')?.errors['handshake-unfinished'];
}

test('of handshakes that never end, the oldest make room, are counted, and keep nobody out', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway, plane } = await secured(t, { files: [files] });
  const sockets: Socket[] = [];
  for (let nth = 0; nth < LIMITS.tlsHandshakes; nth++) sockets.push(await halfHandshake(t, gateway));
  assert.match(await get(await handshake(t, gateway)), /^HTTP\/1\.1 200/);
  await until(() => unfinishedOf(plane) === 1);
  assert.deepEqual(
    sockets.flatMap((socket, nth) => (socket.closed ? [nth] : [])),
    [0],
  );
  // The one that has ended left its place.
  sockets.push(await halfHandshake(t, gateway));
  assert.match(await get(await handshake(t, gateway)), /^HTTP\/1\.1 200/);
  await until(() => unfinishedOf(plane) === 2);
});

test('a handshake that fails is counted', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway, plane } = await secured(t, { files: [files] });
  await assert.rejects(handshake(t, gateway, { ALPNProtocols: ['smtp'] }));
  await until(() => unfinishedOf(plane) === 1);
});

test('a client that knows HTTP/2 gets it by ALPN', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway } = await secured(t, { files: [files] });
  const client = connectHttp2(`https://127.0.0.1:${gateway}`, { rejectUnauthorized: false, servername: 'a.example' });
  t.after(() => client.destroy());
  assert.equal((await ask(client, '/a')).body, 'https 1.1 /a');
  assert.equal(client.alpnProtocol, 'h2');
});

test('large answers at once over HTTP/2 and TLS are whole, and each has its own bytes', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway } = await secured(t, { files: [files] });
  const client = connectHttp2(`https://127.0.0.1:${gateway}`, { rejectUnauthorized: false, servername: 'a.example' });
  t.after(() => client.destroy());
  const letters = [...'abcdefghijklmnop'];
  const answers = await Promise.all(letters.map((letter) => ask(client, `/large/${letter}`)));
  for (const [nth, { body }] of answers.entries()) assert.ok(body === letters[nth]?.repeat(LARGE), letters[nth]);
});

test('each client gets the certificate of the host that it asks for, and the first where none is meant', async (t) => {
  const folder = await folderOf(t);
  const a = await selfSigned(folder, 'a', { hosts: ['a.example'] });
  const b = await selfSigned(folder, 'b', { hosts: ['b.example', '*.b.example'] });
  const { gateway } = await secured(t, { files: [a, b] });
  for (const [asked, served] of [
    ['a.example', 'a'],
    ['b.example', 'b'],
    ['deep.b.example', 'b'],
    ['unknown.example', 'a'],
    [undefined, 'a'],
  ] as const) {
    const socket = await handshake(t, gateway, asked === undefined ? {} : { servername: asked });
    assert.equal(socket.getPeerCertificate().subject.CN, served, String(asked));
  }
});

test('a certificate that is replaced is used from the next connection on, and the open ones go on', async (t) => {
  const folder = await folderOf(t);
  const old = await selfSigned(folder, 'old', { hosts: ['a.example'] });
  const next = await selfSigned(folder, 'next', { hosts: ['a.example'] });
  const { gateway, use } = await secured(t, { files: [old] });
  const open = await handshake(t, gateway, { servername: 'a.example' });
  await copyFile(next.key, `${old.key}.new`);
  await copyFile(next.cert, `${old.cert}.new`);
  await rename(`${old.key}.new`, old.key);
  await rename(`${old.cert}.new`, old.cert);
  await use([old]);
  const fresh = await handshake(t, gateway, { servername: 'a.example' });
  assert.equal(fresh.getPeerCertificate().subject.CN, 'next');
  assert.match(await get(open), /200 OK/);
});

test('what can not be used is told, and what was before is used on', async (t) => {
  const folder = await folderOf(t);
  const files = await selfSigned(folder, 'a', { hosts: ['a.example'] });
  const other = await selfSigned(folder, 'b', { hosts: ['b.example'] });
  const certificates = new Certificates();
  await certificates.use([files]);
  assert.deepEqual(certificates.problems(Date.now()), []);
  await copyFile(other.cert, files.cert);
  await certificates.look();
  assert.match(certificates.problems(Date.now()).join(), /can't be used: it does not belong to/);
  assert.equal(certificates.choose('a.example')?.x509.subject, 'CN=a');
  await copyFile(other.key, files.key);
  await certificates.look();
  assert.deepEqual(certificates.problems(Date.now()), []);
  assert.equal(certificates.choose('b.example')?.x509.subject, 'CN=b');
  await writeFile(files.cert, 'nonsense');
  await certificates.look();
  assert.equal(certificates.problems(Date.now()).length, 1);
});

test('a gateway without a usable certificate has a problem, and takes no handshake', async (t) => {
  const { gateway, plane } = await secured(t, { files: [{ cert: '/nowhere/a.pem', key: '/nowhere/a.key' }] });
  assert.match(plane.problems.join(), /\/nowhere\/a\.pem can't be used: ENOENT/);
  await assert.rejects(handshake(t, gateway, { servername: 'a.example' }));
  await assert.rejects(handshake(t, gateway));
});

for (const [days, problem] of [
  [8, undefined],
  [3, /expires in [23] days/],
] as const) {
  test(`a certificate that is good for ${days} days is ${problem ? 'warned of' : 'left in peace'}`, async (t) => {
    const loaded = await loadCertificate(await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'], days }));
    assert(loaded.kind === 'loaded');
    const [first] = certificateProblems(loaded.certificate, Date.now());
    if (problem === undefined) assert.equal(first, undefined);
    else assert.match(first ?? '', problem);
    assert.match(certificateProblems(loaded.certificate, Date.now() + 9 * 86_400_000)[0] ?? '', /has expired/);
  });
}

test('a key that others can read is warned of, with the remedy', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  await chmod(files.key, 0o644);
  const { plane } = await secured(t, { files: [files] });
  assert.match(plane.problems.join(), /can be read by other users: chmod 600/);
});

test('plain HTTP is sent to https with its path, on either port and in either protocol', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway, plain } = await secured(t, { files: [files] });
  for (const port of [gateway, plain]) {
    const answer = await send(port, 'POST /a?b HTTP/1.1\r\nHost: a.example:80\r\nConnection: close\r\n\r\n');
    assert.match(answer, /^HTTP\/1\.1 308 Permanent Redirect\r\n/);
    assert.match(answer, new RegExp(`\r\nLocation: https://a\\.example:${gateway}/a\\?b\r\n`));
    const client = connectHttp2(`http://127.0.0.1:${port}`);
    t.after(() => client.destroy());
    const redirected = await ask(client, '/c', { headers: { ':authority': 'a.example' } });
    assert.deepEqual([redirected.status, redirected.headers.location], [308, `https://a.example:${gateway}/c`]);
  }
});

test('plain HTTP is refused where it is not to be redirected', async (t) => {
  const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
  const { gateway } = await secured(t, { files: [files], redirect: false });
  assert.match(
    await send(gateway, 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 400 [\s\S]*tls-required/,
  );
});

for (const version of ['TLSv1', 'TLSv1.1'] as const) {
  test(`${version} is refused`, async (t) => {
    const files = await selfSigned(await folderOf(t), 'a', { hosts: ['a.example'] });
    const { gateway } = await secured(t, { files: [files] });
    const old = {
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL:@SECLEVEL=0',
      servername: 'a.example',
    } as const;
    await assert.rejects(handshake(t, gateway, old));
  });
}

test('TLS where none is spoken is refused as no HTTP', async (t) => {
  const instance = await httpInstance(t, (_, response) => void response.end('ok'));
  const { edge } = await world(t, [instance]);
  await assert.rejects(handshake(t, edge));
});
