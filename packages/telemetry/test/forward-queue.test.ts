import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DEFAULT_TELEMETRY, type ForwardSpec } from '@islet/spec';
import { Forwarder } from '../src/forward/forwarder.ts';
import { seal } from '../src/forward/sealed.ts';
import { type Orders, telemetryFiles } from '../src/orders.ts';
import { Identities } from '../src/otlp/identity.ts';
import { type Identity, Receiver } from './otlp-receiver.ts';
import { until } from './running.ts';
import { logRow, temporary } from './support.ts';

/* What waits for a backend while its section, its token or its authority is changed. */

const AT = Date.UTC(2026, 10, 27, 9);
const log = (text: string) => logRow({ at: AT, text });

function backend(url: string, changes: Partial<ForwardSpec> = {}): ForwardSpec {
  const plain = { protocol: 'http', headers: {}, compression: 'gzip', timeoutMs: 10_000, signals: ['logs'] } as const;
  return { url, ...plain, ...changes };
}

function ordersTo(...forward: readonly ForwardSpec[]): Orders {
  const paths = { processes: '', output: '', accessLog: '', proxySocket: '' };
  const services = [{ name: 'orders', policy: DEFAULT_TELEMETRY }];
  return { system: 'shop', services, forward, ports: { http: 1, grpc: 2 }, paths };
}

function forwarderIn(t: TestContext): { forwarder: Forwarder; folder: string; queue: string } {
  const folder = temporary(t);
  Identities.at(telemetryFiles.key(folder));
  const forwarder = new Forwarder({ folder, now: Date.now });
  t.after(() => forwarder.close());
  return { forwarder, folder, queue: telemetryFiles.forward(folder) };
}

const filesIn = (folder: string) =>
  existsSync(folder) ? readdirSync(folder, { recursive: true }).filter((name) => /\.otlp/.test(String(name))) : [];

/** A certificate for localhost that signs itself, so that it is its own authority. */
function identityIn(folder: string, name: string): Identity & { readonly path: string } {
  const [path, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'];
  args.push('-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', path);
  execFileSync('openssl', args, { stdio: 'ignore' });
  return { path, cert: readFileSync(path, 'utf8'), key: readFileSync(key, 'utf8') };
}

describe('what waits for a backend that is away', () => {
  it('is on the disk without the secrets that it told', async (t) => {
    const receiver = await Receiver.start(t);
    await receiver.close();
    const { forwarder, folder, queue } = forwarderIn(t);
    seal(folder, { headers: {}, secrets: ['hush-hush'] });
    forwarder.follow(ordersTo(backend(receiver.url, { compression: 'none' })));
    forwarder.listener.logs?.([log('my word is hush-hush')], 0);
    await until('it is there', async () => filesIn(queue).length === 1);
    const [name = ''] = filesIn(queue);
    const text = readFileSync(join(queue, String(name)), 'latin1');
    assert.match(text, /my word is \[redacted\]/);
    assert.doesNotMatch(text, /hush/);
  });

  it('is sent with the new token once there is one', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answers = Array.from({ length: 50 }, () => ({ status: 503 }));
    const { forwarder, folder, queue } = forwarderIn(t);
    const orders = ordersTo(backend(receiver.url, { headers: { 'x-key': { secret: 'otel' } } }));
    seal(folder, { headers: { otel: 'old' }, secrets: [] });
    forwarder.follow(orders);
    forwarder.listener.logs?.([log('one')], 0);
    await until('it waits', async () => filesIn(queue).length === 1);
    receiver.answers = [];
    seal(folder, { headers: { otel: 'new' }, secrets: [] });
    forwarder.follow(orders);
    forwarder.listener.logs?.([log('two')], 0);
    await until('both are there', async () => receiver.names('logs').length === 2);
    assert.deepEqual(receiver.names('logs'), ['one', 'two']);
    assert.equal(receiver.received.at(-1)?.headers['x-key'], 'new');
  });

  it('is deleted when nobody asks for that backend, or for that signal of it, any more', async (t) => {
    const [one, other] = [await Receiver.start(t), await Receiver.start(t)];
    await Promise.all([one.close(), other.close()]);
    const { forwarder, queue } = forwarderIn(t);
    const both = backend(other.url, { signals: ['logs', 'traces'] });
    forwarder.follow(ordersTo(backend(one.url), both));
    forwarder.listener.logs?.([log('one')], 0);
    await until('it waits for both', async () => filesIn(queue).length === 2);
    forwarder.follow(ordersTo(both));
    await until('what waited for the one is gone', async () => filesIn(queue).length === 1);
    forwarder.follow(ordersTo({ ...both, signals: ['traces'] }));
    await until('what waited for the other is gone too', async () => filesIn(queue).length === 0);
  });
});

for (const protocol of ['http', 'grpc'] as const) {
  describe(`a backend over ${protocol} with TLS`, () => {
    it('is not trusted where its authority is known to nobody, and what to do is said', async (t) => {
      const receiver = await Receiver.start(t, protocol, identityIn(temporary(t), 'own'));
      const { forwarder } = forwarderIn(t);
      forwarder.follow(ordersTo(backend(receiver.url, { protocol })));
      forwarder.listener.logs?.([log('one')], 0);
      await until('it is said', async () => forwarder.status[0]?.problem !== undefined);
      assert.match(forwarder.status[0]?.problem ?? '', /telemetry\.forward\[\]\.ca/);
      assert.equal(receiver.received.length, 0);
    });

    it('is trusted where its authority is named, and no other is', async (t) => {
      const folder = temporary(t);
      const [own, other] = [identityIn(folder, 'own'), identityIn(folder, 'other')];
      const receiver = await Receiver.start(t, protocol, own);
      const { forwarder } = forwarderIn(t);
      const ca = join(folder, 'ca.pem');
      copyFileSync(other.path, ca);
      const orders = ordersTo(backend(receiver.url, { protocol, ca }));
      forwarder.follow(orders);
      forwarder.listener.logs?.([log('one')], 0);
      await until('it is refused', async () => forwarder.status[0]?.problem !== undefined);
      assert.equal(receiver.received.length, 0);
      // As whoever renews it does. What has waited is sent.
      copyFileSync(own.path, `${ca}.new`);
      renameSync(`${ca}.new`, ca);
      forwarder.follow(orders);
      await until('it is there', async () => receiver.names('logs').length === 1);
    });
  });
}

describe('a file of authorities', () => {
  it('that is not there is said, and that it is there again is seen', async (t) => {
    const folder = temporary(t);
    const own = identityIn(folder, 'own');
    const receiver = await Receiver.start(t, 'http', own);
    const { forwarder } = forwarderIn(t);
    const ca = join(folder, 'later', 'ca.pem');
    const orders = ordersTo(backend(receiver.url, { ca }));
    forwarder.follow(orders);
    assert.match(forwarder.status[0]?.problem ?? '', /can't be read: .*ca\.pem/);
    mkdirSync(join(folder, 'later'));
    copyFileSync(own.path, ca);
    forwarder.follow(orders);
    forwarder.listener.logs?.([log('one')], 0);
    await until('it is there', async () => receiver.names('logs').length === 1);
  });
});
