import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DEFAULT_TELEMETRY, type ForwardSpec } from '@islet/spec';
import { Forwarder } from '../src/forward/forwarder.ts';
import { seal, unseal } from '../src/forward/sealed.ts';
import { type Orders, telemetryFiles } from '../src/orders.ts';
import { Identities } from '../src/otlp/identity.ts';
import { Receiver } from './otlp-receiver.ts';
import { until } from './running.ts';
import { logRow, metricRow, spanId, spanRow, temporary, traceId } from './support.ts';

const AT = Date.UTC(2026, 10, 27, 9);

function backend(url: string, changes: Partial<ForwardSpec> = {}): ForwardSpec {
  return {
    url,
    protocol: 'http',
    headers: {},
    compression: 'gzip',
    timeoutMs: 10_000,
    signals: ['traces', 'logs', 'metrics'],
    ...changes,
  };
}

function ordersTo(...forward: readonly ForwardSpec[]): Orders {
  const paths = { processes: '', output: '', accessLog: '', proxySocket: '' };
  const services = [
    { name: 'orders', policy: DEFAULT_TELEMETRY },
    { name: 'private', policy: { ...DEFAULT_TELEMETRY, forward: ['metrics'] as const } },
  ];
  return { system: 'shop', services, forward, ports: { http: 1, grpc: 2 }, paths };
}

function forwarderIn(t: TestContext): { forwarder: Forwarder; folder: string } {
  const folder = temporary(t);
  Identities.at(telemetryFiles.key(folder));
  const forwarder = new Forwarder({ folder, now: Date.now });
  t.after(() => forwarder.close());
  return { forwarder, folder };
}

const span = (number: number, service = 'orders') =>
  spanRow({ trace: traceId(1), span: spanId(number), at: AT, name: `span ${number}`, service });

for (const protocol of ['http', 'grpc'] as const) {
  describe(`telemetry forwarded over ${protocol}`, () => {
    for (const compression of ['gzip', 'none'] as const) {
      it(`arrives, all three signals of it (compression: ${compression})`, async (t) => {
        const receiver = await Receiver.start(t, protocol);
        const { forwarder } = forwarderIn(t);
        forwarder.follow(ordersTo(backend(receiver.url, { protocol, compression, headers: { 'X-Tenant': 'shop' } })));
        forwarder.listener.spans?.([span(1), span(2)]);
        forwarder.listener.logs?.([logRow({ at: AT, text: 'paid' })], 0);
        forwarder.listener.metrics?.([metricRow({ at: AT, sum: 3 })], 'islet');
        await until('all is there', async () => receiver.received.length === 3);
        assert.deepEqual(receiver.names('traces'), ['span 1', 'span 2']);
        assert.deepEqual(receiver.names('logs'), ['paid']);
        assert.deepEqual(new Set(receiver.received.map(({ headers }) => headers['x-tenant'])), new Set(['shop']));
        await until('it is counted', async () => forwarder.status.every(({ sent }) => sent > 0));
        assert.deepEqual(
          forwarder.status.map(({ signal, sent, problem }) => [signal, sent, problem]),
          [
            ['traces', 2, undefined],
            ['logs', 1, undefined],
            ['metrics', 1, undefined],
          ],
        );
      });
    }

    it('is there in full after the backend was away', async (t) => {
      const receiver = await Receiver.start(t, protocol);
      const { forwarder } = forwarderIn(t);
      forwarder.follow(ordersTo(backend(receiver.url, { protocol, signals: ['traces'] })));
      forwarder.listener.spans?.([span(1)]);
      await until('the first is there', async () => receiver.names('traces').length === 1);
      await receiver.close();
      forwarder.listener.spans?.([span(2)]);
      await until('it is noticed', async () => forwarder.status[0]?.problem !== undefined);
      forwarder.listener.spans?.([span(3)]);
      await receiver.open();
      await until('all are there', async () => receiver.names('traces').length === 3);
      assert.deepEqual(receiver.names('traces'), ['span 1', 'span 2', 'span 3']);
      await until('it is well', async () => forwarder.status[0]?.problem === undefined);
      assert.equal(forwarder.status[0]?.dropped, 0);
    });

    it('goes on after a message to which nobody answered', async (t) => {
      const receiver = await Receiver.start(t, protocol);
      receiver.answers = ['hang'];
      const { forwarder } = forwarderIn(t);
      forwarder.follow(ordersTo(backend(receiver.url, { protocol, signals: ['traces'], timeoutMs: 200 })));
      forwarder.listener.spans?.([span(1)]);
      await until('it is there', async () => receiver.names('traces').length === 1);
      assert.deepEqual(receiver.answers, []);
    });
  });
}

describe('forwarding', () => {
  it('waits as the backend asks, and sends the same message again', async (t) => {
    const receiver = await Receiver.start(t);
    receiver.answers = [{ status: 429, headers: { 'retry-after': '0' } }, { status: 503 }];
    const { forwarder } = forwarderIn(t);
    forwarder.follow(ordersTo(backend(receiver.url, { signals: ['traces'] })));
    forwarder.listener.spans?.([span(1)]);
    await until('it is there', async () => receiver.received.length === 1);
    assert.deepEqual([receiver.names('traces'), receiver.answers], [['span 1'], []]);
  });

  it('keeps here what a service says is to stay here', async (t) => {
    const receiver = await Receiver.start(t);
    const { forwarder } = forwarderIn(t);
    forwarder.follow(ordersTo(backend(receiver.url)));
    forwarder.listener.spans?.([span(1, 'private'), span(2)]);
    forwarder.listener.logs?.([logRow({ at: AT, text: 'own', service: 'private' })], 0);
    forwarder.listener.metrics?.([metricRow({ at: AT, sum: 1, service: 'private' })], 'islet');
    forwarder.listener.logs?.([logRow({ at: AT, text: 'ours' })], 0);
    await until('the rest is there', async () => receiver.received.length === 3);
    assert.deepEqual([receiver.names('traces'), receiver.names('logs')], [['span 2'], ['ours']]);
  });

  it('says which secret is missing, and begins when it is there', async (t) => {
    const receiver = await Receiver.start(t);
    const { forwarder, folder } = forwarderIn(t);
    const orders = ordersTo(
      backend(receiver.url, { headers: { Authorization: { secret: 'otel' } }, signals: ['logs'] }),
    );
    forwarder.follow(orders);
    assert.match(forwarder.status[0]?.problem ?? '', /islet secret set otel/);
    forwarder.listener.logs?.([logRow({ at: AT, text: 'before' })], 0);
    seal(folder, { headers: { otel: 'Bearer abcdef' }, secrets: ['Bearer abcdef'] });
    forwarder.follow(orders);
    assert.equal(forwarder.status[0]?.problem, undefined);
    forwarder.listener.logs?.([logRow({ at: AT, text: 'my token is Bearer abcdef' })], 0);
    await until('it is there', async () => receiver.received.length === 1);
    assert.equal(receiver.received[0]?.headers.authorization, 'Bearer abcdef');
    assert.deepEqual(receiver.names('logs'), ['my token is [redacted]']);
  });

  it('goes on where it is when something else is asked for, and ends where it is not', async (t) => {
    const [one, other] = [await Receiver.start(t), await Receiver.start(t)];
    const { forwarder } = forwarderIn(t);
    const [first, second] = [one, other].map(({ url }) => backend(url, { signals: ['traces'] }));
    assert(first !== undefined && second !== undefined);
    forwarder.follow(ordersTo(first));
    forwarder.listener.spans?.([span(1)]);
    forwarder.follow(ordersTo(first, second));
    forwarder.listener.spans?.([span(2)]);
    await until('both have theirs', async () => one.names('traces').length === 2 && other.names('traces').length === 1);
    forwarder.follow(ordersTo(second));
    forwarder.listener.spans?.([span(3)]);
    await until('the second has it', async () => other.names('traces').length === 2);
    assert.deepEqual(one.names('traces'), ['span 1', 'span 2']);
    assert.deepEqual(
      forwarder.status.map(({ url }) => url),
      [other.url],
    );
  });
});

describe('what is confidential', () => {
  it('lies sealed, and is opened by the key alone', (t) => {
    const { folder } = forwarderIn(t);
    const confidential = { headers: { otel: 'hush-hush' }, secrets: ['hush-hush'] };
    seal(folder, confidential);
    assert.deepEqual(unseal(folder), confidential);
    assert.doesNotMatch(readFileSync(join(folder, 'confidential'), 'latin1'), /hush/);
    const { folder: elsewhere } = forwarderIn(t);
    seal(elsewhere, { headers: {}, secrets: [] });
    assert.notDeepEqual(unseal(elsewhere), confidential);
  });

  it('is nothing where the file is not whole', (t) => {
    const { folder } = forwarderIn(t);
    assert.equal(unseal(folder), undefined);
  });
});
