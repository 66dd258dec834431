import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { connect, createServer } from 'node:tls';
import { openAuthority } from '../src/development/authority.ts';
import { ensureCertificate } from '../src/development/certificate.ts';
import { developmentNotes, developmentWarnings, keepCertified, namesOf } from '../src/development/gateway.ts';
import { issue, keyText, newKey } from '../src/development/x509.ts';
import type { Applied } from '../src/store/applied.ts';
import { launchSpec } from './support.ts';

const DAY_MS = 24 * 3_600_000;
const NAMES = { hosts: ['localhost', 'shop.localhost', 'shop.test'], addresses: ['127.0.0.1', '::1', '127.0.0.9'] };

function placeOf(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-authority-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = { cert: join(folder, 'tls', 'development.pem'), key: join(folder, 'tls', 'development.key') };
  return { folder: join(folder, 'own', 'authority'), files };
}

/** Why a client that trusts this authority would not go on; undefined: it would. */
async function refusal(
  served: { readonly cert: string; readonly key: string },
  { ca, host }: { readonly ca: string; readonly host: string },
): Promise<string | undefined> {
  const server = createServer(served).listen(0, '127.0.0.1');
  server.on('tlsClientError', () => undefined);
  await once(server, 'listening');
  const isAddress = /^[\d.:]+$/.test(host);
  const socket = connect({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    ca,
    ...(isAddress ? {} : { servername: host }),
    checkServerIdentity: (_, cert) => (identity(cert.raw, host) ? undefined : new Error('it is for somebody else')),
  });
  try {
    return await once(socket, 'secureConnect').then(
      () => undefined,
      (error: Error) => error.message,
    );
  } finally {
    socket.destroy();
    server.close();
  }
}

function identity(raw: Buffer, host: string): boolean {
  const cert = new X509Certificate(raw);
  return (/^[\d.:]+$/.test(host) ? cert.checkIP(host) : cert.checkHost(host)) !== undefined;
}

test('who trusts the authority trusts the certificate, for each of its names and for no other', async (t) => {
  const { folder, files } = placeOf(t);
  const authority = await openAuthority(folder, Date.now());
  assert.equal(await ensureCertificate({ files, names: NAMES, now: Date.now() }, authority), true);
  const served = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
  for (const host of [...NAMES.hosts, ...NAMES.addresses]) {
    assert.equal(await refusal(served, { ca: authority.cert, host }), undefined, host);
  }
  assert.equal(await refusal(served, { ca: authority.cert, host: 'other.localhost' }), 'it is for somebody else');
  const stranger = await openAuthority(`${folder}-2`, Date.now());
  assert.match((await refusal(served, { ca: stranger.cert, host: 'localhost' })) ?? '', /unable to verify/);
});

test("whoever gets hold of the authority can still speak for no name that is somebody else's", async (t) => {
  const { folder } = placeOf(t);
  const authority = await openAuthority(folder, Date.now());
  const { privateKey } = newKey();
  const key = keyText(privateKey);
  const rows = [
    [{ hosts: ['shop.example.com'], addresses: [] }, 'shop.example.com'],
    [{ hosts: ['nolocalhost'], addresses: [] }, 'nolocalhost'],
    [{ hosts: ['localhost'], addresses: ['10.0.0.1'] }, 'localhost'],
  ] as const;
  for (const [names, host] of rows) {
    const request = { key: createPublicKey(key), names, validity: { now: Date.now(), forMs: DAY_MS } };
    const cert = await issue(request, authority);
    assert.equal(await refusal({ cert, key }, { ca: authority.cert, host }), 'permitted subtree violation', host);
  }
});

test('a certificate is renewed when a third of its time is left, with the same key', async (t) => {
  const { folder, files } = placeOf(t);
  const now = Date.now();
  const authority = await openAuthority(folder, now);
  await ensureCertificate({ files, names: NAMES, now }, authority);
  const [cert, key] = [readFileSync(files.cert, 'utf8'), readFileSync(files.key, 'utf8')];
  assert.equal(await ensureCertificate({ files, names: NAMES, now: now + 59 * DAY_MS }, authority), false);
  assert.equal(await ensureCertificate({ files, names: NAMES, now: now + 61 * DAY_MS }, authority), true);
  const renewed = new X509Certificate(readFileSync(files.cert));
  assert.notEqual(renewed.toString(), cert);
  assert.equal(readFileSync(files.key, 'utf8'), key);
  assert.ok(renewed.checkPrivateKey(createPrivateKey(key)));
  assert.ok(Date.parse(renewed.validTo) > now + 150 * DAY_MS);
});

test('a certificate is made anew for another host, for another authority, and where its files are no good', async (t) => {
  const { folder, files } = placeOf(t);
  const now = Date.now();
  const authority = await openAuthority(folder, now);
  const ensure = (hosts = NAMES.hosts, by = authority) =>
    ensureCertificate({ files, names: { ...NAMES, hosts }, now }, by);
  await ensure();
  assert.equal(await ensure(['localhost']), false, 'one that covers more is good');
  assert.equal(await ensure([...NAMES.hosts, 'new.localhost']), true);
  assert.equal(await ensure(NAMES.hosts, await openAuthority(`${folder}-2`, now)), true);
  await ensure();
  for (const damaged of [files.cert, files.key]) {
    writeFileSync(damaged, 'nothing of the kind');
    assert.equal(await ensure(), true, damaged);
    assert.equal(await ensure(), false);
  }
  assert.equal(statSync(files.key).mode & 0o777, 0o600);
});

test("however many make the authority at once, there is one, and its key is the owner's alone", async (t) => {
  const { folder } = placeOf(t);
  const made = await Promise.all(Array.from({ length: 8 }, () => openAuthority(folder, Date.now())));
  assert.equal(new Set(made.map(({ cert }) => cert)).size, 1);
  assert.deepEqual(readdirSync(join(folder, '..')), ['authority']);
  assert.equal(statSync(join(folder, 'ca.key')).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, 'ca.pem')).mode & 0o777, 0o644);
  assert.equal((await openAuthority(folder, Date.now())).cert, made[0]?.cert);
  writeFileSync(join(folder, 'ca.pem'), 'nothing of the kind');
  await Promise.all(Array.from({ length: 8 }, () => openAuthority(folder, Date.now())));
  const { cert } = await openAuthority(folder, Date.now());
  assert.equal((await openAuthority(folder, Date.now())).cert, cert);
  assert.deepEqual(readdirSync(join(folder, '..')), ['authority']);
});

test('an authority that ends before what it would sign, or is damaged, is followed by another', async (t) => {
  const { folder } = placeOf(t);
  const now = Date.now();
  const first = await openAuthority(folder, now);
  assert.equal((await openAuthority(folder, now + 3_549 * DAY_MS)).cert, first.cert);
  const second = await openAuthority(folder, now + 3_551 * DAY_MS);
  assert.notEqual(second.cert, first.cert);
  writeFileSync(join(folder, 'ca.key'), keyText(newKey().privateKey));
  assert.notEqual((await openAuthority(folder, now)).cert, second.cert);
});

const EXPOSED = (host: string | undefined) => ({ host, path: '/', strip: false });

function appliedWith(host: string, exposed: readonly (string | undefined)[], environment?: string): Applied {
  const spec = launchSpec('web');
  const web = { ...spec, api: { ...spec.api, expose: exposed.map(EXPOSED) } };
  const tls = { certificates: [], development: { isInherited: environment !== undefined }, redirect: true };
  const service = { spec: web, revision: 'a', restarts: 0, instances: 1, scaledFrom: undefined };
  return {
    system: 'shop',
    environment,
    mode: 'revisions',
    path: '',
    gone: [],
    goingDown: false,
    gateway: { host, port: 8443, workers: 1, tls: { ...tls, httpPort: undefined } },
    services: [{ ...service, after: [], blocked: [], since: 0 }],
  };
}

test('the certificate names this machine, and the hosts that the authority can speak for', () => {
  const exposed = ['shop.test', undefined, 'shop.example.com', 'a.localhost', 'shop.test'];
  assert.deepEqual(namesOf(appliedWith('127.0.0.1', exposed)), {
    hosts: ['localhost', 'a.localhost', 'shop.test'],
    addresses: ['127.0.0.1', '::1'],
  });
  assert.deepEqual(namesOf(appliedWith('127.0.0.9', [])).addresses, ['127.0.0.1', '::1', '127.0.0.9']);
  assert.deepEqual(namesOf(appliedWith('0.0.0.0', [])).addresses, ['127.0.0.1', '::1']);
});

test('status goes on saying what a development certificate is not good for', () => {
  assert.deepEqual(developmentWarnings(appliedWith('127.0.0.1', ['shop.localhost'])), []);
  const warnings = developmentWarnings(appliedWith('0.0.0.0', ['shop.example.com'], 'production'));
  assert.deepEqual(
    warnings.map((text) => text.slice(0, text.indexOf(','))),
    [
      'the environment production has a certificate of the development authority',
      'other machines reach the gateway at 0.0.0.0',
      'web is exposed at shop.example.com',
    ],
  );
});

test('whom clients are to trust is told where the authority certifies the gateway, and not elsewhere', () => {
  const { gateway } = appliedWith('127.0.0.1', []);
  assert.match(developmentNotes(gateway, '/there/ca.pem').join(), /clients are to trust \/there\/ca\.pem/);
  assert.deepEqual(developmentNotes({ ...gateway, tls: undefined }, '/there/ca.pem'), []);
});

test('a certificate is looked after while the control plane runs: made where it is missing, and renewed in time', async (t) => {
  const { folder, files } = placeOf(t);
  const applied = appliedWith('127.0.0.1', []);
  const { tls } = applied.gateway;
  const asked = { ...applied, gateway: { ...applied.gateway, tls: tls && { ...tls, certificates: [files] } } };
  let now = Date.now();
  let { promise, resolve } = Promise.withResolvers<() => void>();
  const after = (_: number, act: () => void) => {
    resolve(act);
    return { [Symbol.dispose]: () => undefined };
  };
  const log = { error: (told: unknown) => assert.fail(JSON.stringify(told)) };
  using _ = keepCertified({ applied: () => asked, clock: { now: () => now, dice: () => 0, after }, log, folder });
  const lookAgain = await promise;
  const first = readFileSync(files.cert, 'utf8');
  now += 61 * DAY_MS;
  ({ promise, resolve } = Promise.withResolvers<() => void>());
  lookAgain();
  await promise;
  assert.notEqual(readFileSync(files.cert, 'utf8'), first);
});
