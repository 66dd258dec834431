import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { describe as described } from '../src/index.ts';
import { errorsOf, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';
const sloOf = (text: string) => serviceOf(orders(`${RUN}${text}\n`)).telemetry.slo;

describe('telemetry.slo', () => {
  it('promises that 99.9 % of the requests do not fail where nothing is said', () => {
    assert.deepEqual(sloOf(''), [{ kind: 'availability', percent: 99.9 }]);
  });

  it('takes what is promised of latency beside it', () => {
    assert.deepEqual(sloOf('telemetry: { slo: { latency: { p50: 50ms, p99: 300ms } } }'), [
      { kind: 'availability', percent: 99.9 },
      { kind: 'latency', share: 'p50', withinMs: 50 },
      { kind: 'latency', share: 'p99', withinMs: 300 },
    ]);
  });

  it('promises nothing where it is off', () => assert.deepEqual(sloOf('telemetry: { slo: off }'), []));

  it('may be of latency alone', () => {
    assert.deepEqual(sloOf('telemetry: { slo: { availability: off, latency: { p95: 1s } } }'), [
      { kind: 'latency', share: 'p95', withinMs: 1000 },
    ]);
  });

  it('is described as it was written, and from where', () => {
    const service = serviceOf(orders(`${RUN}telemetry: { slo: { availability: 99.95%, latency: { p99: 300ms } } }\n`));
    const told = described(service).filter(({ path }) => path.startsWith('telemetry.slo'));
    assert.deepEqual(
      told.map(({ path, value, origin }) => [path, value, origin.kind]),
      [
        ['telemetry.slo.availability', '99.95%', 'file'],
        ['telemetry.slo.latency.p99', '300ms', 'file'],
      ],
    );
  });

  for (const text of ['telemetry: { slo: off }', 'telemetry: { slo: { availability: off } }']) {
    it(`describes ${text}`, () => {
      const service = serviceOf(orders(`${RUN}${text}\n`));
      const told = described(service).filter(({ path }) => path.startsWith('telemetry.slo'));
      assert.deepEqual(
        told.map(({ value, origin }) => [value, origin.kind]),
        [['off', 'file']],
      );
    });
  }

  for (const { text, path, message } of [
    { text: 'slo: { availability: 100% }', path: 'telemetry.slo.availability', message: /below 100%/ },
    { text: 'slo: { availability: 0.1% }', path: 'telemetry.slo.availability', message: /from 50%/ },
    { text: 'slo: { availability: 99.9 }', path: 'telemetry.slo.availability', message: /percentage/ },
    { text: 'slo: { latency: { p98: 1s } }', path: 'telemetry.slo.latency.p98', message: /p98/ },
    { text: 'slo: { latency: { p99: 300 } }', path: 'telemetry.slo.latency.p99', message: /duration/ },
    { text: 'slo: on', path: 'telemetry.slo', message: /off/ },
  ]) {
    it(`refuses telemetry: { ${text} }`, () => {
      const [error] = errorsOf(orders(`${RUN}telemetry: { ${text} }\n`));
      assert.equal(error?.path, path);
      assert.match(error?.message ?? '', message);
    });
  }
});
