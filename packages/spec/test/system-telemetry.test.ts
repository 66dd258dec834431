import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_TELEMETRY, describe as described } from '../src/index.ts';
import { errorsOf, linesOf, ORDERS, orders, parsed, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const system = (text: string, service = RUN) => ({ ...orders(service), 'islet.yaml': `system: shop\n${text}\n` });
const originOf = (texts: Parameters<typeof serviceOf>[0], path: string, environment?: string) =>
  described(serviceOf(texts, environment)).find((one) => one.path === path);

describe('telemetry of islet.yaml, for every service', () => {
  const texts = system('telemetry: { logs: { keep: 14d }, traces: { sample: 5 }, maxDisk: 2Gi, instrument: false }');

  it('holds where the service says nothing, and is described with its line', () => {
    const { telemetry } = serviceOf(texts);
    assert.deepEqual(
      [telemetry.logs.keepMs, telemetry.traces.sample, telemetry.maxDiskBytes, telemetry.instrument],
      [14 * 86_400_000, 5, 2 * 1024 ** 3, false],
    );
    assert.deepEqual(originOf(texts, 'telemetry.logs.keep'), {
      path: 'telemetry.logs.keep',
      value: '14d',
      origin: { kind: 'file', place: { file: 'islet.yaml', line: 2, column: 28 } },
    });
    assert.equal(originOf(texts, 'telemetry.metrics.keep')?.origin.kind, 'default');
  });

  it('switches the marks of printed lines off for all, and a service switches its own on', () => {
    const off = system('telemetry: { logs: { correlate: false } }');
    assert.equal(serviceOf(off).telemetry.logs.correlate, false);
    assert.equal(serviceOf(system('')).telemetry.logs.correlate, true);
    const own = { ...off, [ORDERS]: `${RUN}telemetry: { logs: { correlate: true } }\n` };
    assert.equal(serviceOf(own).telemetry.logs.correlate, true);
  });

  it('holds for what is no service', () => {
    const { services } = parsed(texts).spec.telemetry;
    assert.deepEqual([services?.logs.keepMs, services?.maxDiskBytes], [14 * 86_400_000, 2 * 1024 ** 3]);
    assert.deepEqual(parsed(orders(RUN)).spec.telemetry.services, DEFAULT_TELEMETRY);
  });

  it('gives way to the service, key by key', () => {
    const own = { ...texts, [ORDERS]: `${RUN}telemetry: { traces: { keep: 1d }, logs: { keep: 2d } }\n` };
    const { logs, traces } = serviceOf(own).telemetry;
    assert.deepEqual([logs.keepMs, traces.keepMs, traces.sample], [2 * 86_400_000, 86_400_000, 5]);
    const origin = originOf(own, 'telemetry.logs.keep')?.origin;
    assert.equal(origin?.kind === 'file' && origin.place.file, ORDERS);
  });

  it('is overlaid by an environment, and that by the service', () => {
    const layered = system(
      'telemetry: { logs: { keep: 14d }, maxDisk: 2Gi }\nenvironments: { prod: { telemetry: { logs: { keep: 30d } } } }',
    );
    assert.equal(serviceOf(layered, 'prod').telemetry.logs.keepMs, 30 * 86_400_000);
    assert.equal(serviceOf(layered, 'prod').telemetry.maxDiskBytes, 2 * 1024 ** 3);
    assert.equal(serviceOf(layered).telemetry.logs.keepMs, 14 * 86_400_000);
    const own = { ...layered, [ORDERS]: `${RUN}telemetry: { logs: { keep: 1d } }\n` };
    assert.equal(serviceOf(own, 'prod').telemetry.logs.keepMs, 86_400_000);
  });

  it('is a mistake once, and not in every service', () => {
    const wrong = system('telemetry: { logs: { keep: long }, traces: { sample: 3 } }');
    assert.deepEqual(
      errorsOf(wrong).map(({ path, place }) => [path, place.file]),
      [['telemetry.logs.keep', 'islet.yaml']],
    );
  });

  it("leaves the places of a service's own mistakes where they are", () => {
    const wrong = { ...texts, [ORDERS]: 'scale: 2\n' };
    assert.match(linesOf(wrong)[0] ?? '', /^services\/orders\/service.yaml:1:1/);
  });
});

describe('telemetry.forward', () => {
  it('fills in what a backend is not said to want', () => {
    const texts = system(
      'telemetry: { forward: [{ url: "https://otel.example.com", headers: { x-key: { secret: k } } }] }',
    );
    assert.deepEqual(parsed(texts).spec.telemetry.forward, [
      {
        url: 'https://otel.example.com',
        protocol: 'http',
        headers: { 'x-key': { secret: 'k' } },
        signals: ['traces', 'logs', 'metrics'],
        compression: 'gzip',
        timeoutMs: 10_000,
        queueBytes: 128 * 1024 ** 2,
      },
    ]);
    assert.deepEqual(serviceOf(texts).telemetry.forward, ['traces', 'logs', 'metrics']);
  });

  it("an environment's takes the place of the system's", () => {
    const texts = system(
      'telemetry: { forward: [{ url: "http://a" }] }\nenvironments: { prod: { telemetry: { forward: [{ url: "http://b" }] } } }',
    );
    const urls = (environment?: string) => parsed(texts, environment).spec.telemetry.forward?.map(({ url }) => url);
    assert.deepEqual([urls(), urls('prod')], [['http://a'], ['http://b']]);
  });

  it('a service keeps what it likes here', () => {
    const texts = system('telemetry: { forward: [{ url: "http://a" }] }', `${RUN}telemetry: { forward: [traces] }\n`);
    assert.deepEqual(serviceOf(texts).telemetry.forward, ['traces']);
    assert.equal(originOf(texts, 'telemetry.forward')?.origin.kind, 'file');
  });

  for (const { text, path, message } of [
    { text: '[{ url: otel.example.com }]', path: 'url', message: /https:\/\/otel.example.com:4318/ },
    { text: '[{ url: "http://me:secret@otel" }]', path: 'url', message: /without user and password/ },
    { text: '[{ url: "http://otel/x", protocol: grpc }]', path: 'url', message: /no path.*http:\/\/otel\b/ },
    { text: '[{ url: "http://otel", protocol: udp }]', path: 'protocol', message: /grpc/ },
    { text: '[{ url: "http://otel", signals: [] }]', path: 'signals', message: /./ },
    { text: '[{ url: "http://otel", signals: [spans] }]', path: 'signals[0]', message: /traces/ },
    { text: '[{ url: "http://otel", headers: { "a b": x } }]', path: 'headers.a b', message: /without spaces/ },
    { text: '[{ url: "http://otel", headers: { a: { env: x } } }]', path: 'headers.a', message: /secret/ },
    { text: '[{ url: "http://otel", timeout: 5 }]', path: 'timeout', message: /duration/ },
    { text: '[{ url: "http://otel", compression: zstd }]', path: 'compression', message: /gzip/ },
    { text: '[{ url: "http://otel", queue: 1Ki }]', path: 'queue', message: /at least 1Mi/ },
    { text: '[{ url: "http://otel", ca: ca.pem }]', path: 'ca', message: /shows no certificate.*https/ },
    { text: '[{ url: "https://otel", ca: "" }]', path: 'ca', message: /at least 1/ },
  ]) {
    it(`refuses ${text}`, () => {
      const [error] = errorsOf(system(`telemetry: { forward: ${text} }`));
      assert.equal(error?.path.startsWith(`telemetry.forward[0].${path}`), true, error?.path);
      assert.match(`${error?.message} ${error?.hint}`, message);
    });
  }
});
