import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { SamplingDecision } from '@opentelemetry/sdk-trace';
import fc from 'fast-check';
import { withPreload } from '../src/index.ts';
import { withoutOwnTrace } from '../src/own-headers.ts';
import { RateSampler } from '../src/rate-sampler.ts';
import { standAside } from '../src/stand-aside.ts';

const TRACED = {
  isMainThread: true,
  script: '/srv/src/main.ts',
  cwd: '/nowhere',
  env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' },
};

describe('a process', () => {
  it('of a service is traced', () => assert.equal(standAside(TRACED), undefined));

  for (const { what, facts } of [
    { what: 'with nowhere to send to', facts: { env: {} } },
    {
      what: 'whose service says no in the way of OpenTelemetry',
      facts: { env: { ...TRACED.env, OTEL_SDK_DISABLED: 'true' } },
    },
    { what: 'that is a worker thread', facts: { isMainThread: false } },
    { what: 'that is npm', facts: { script: '/usr/lib/node_modules/npm/bin/npm-cli.js' } },
    { what: 'that is pnpm', facts: { script: '/opt/pnpm.cjs' } },
  ]) {
    it(`${what} is left as it is`, () => assert.notEqual(standAside({ ...TRACED, ...facts }), undefined));
  }

  it('that brings an agent of its own is left as it is', (t) => {
    const cwd = mkdtempSync(join(tmpdir(), 'islet-agent-'));
    t.after(() => rmSync(cwd, { recursive: true }));
    assert.equal(standAside({ ...TRACED, cwd }), undefined);
    mkdirSync(join(cwd, 'node_modules', '@opentelemetry', 'sdk-node'), { recursive: true });
    assert.match(standAside({ ...TRACED, cwd }) ?? '', /sdk-node/);
  });
});

describe('NODE_OPTIONS', () => {
  for (const [path, options, expected] of [
    ['/a/b.cjs', undefined, '--require /a/b.cjs'],
    ['/a/b.cjs', '--enable-source-maps', '--require /a/b.cjs --enable-source-maps'],
    ['/my files/b.cjs', undefined, '--require "/my files/b.cjs"'],
  ] as const) {
    it(`hold ${expected}`, () => assert.equal(withPreload(path, options), expected));
  }
});

describe('sampling', () => {
  const idOf = (share: number) =>
    `${'a'.repeat(24)}${Math.floor(share * 2 ** 32)
      .toString(16)
      .padStart(8, '0')}`;
  const isRecorded = (sampler: RateSampler, traceId: string, flags = 1, isRemote = true) => {
    const context = trace.setSpanContext(ROOT_CONTEXT, {
      traceId,
      spanId: 'b'.repeat(16),
      traceFlags: flags,
      isRemote,
    });
    return sampler.shouldSample(context, traceId).decision === SamplingDecision.RECORD_AND_SAMPLED;
  };

  it('records all where few begin', () => {
    let now = 0;
    const sampler = new RateSampler(200, () => now);
    for (; now < 5_000; now += 10) assert.ok(isRecorded(sampler, idOf(0.999)));
  });

  it('records about as many as it may where more begin, from the first second on within a few times that', () => {
    fc.assert(
      fc.property(fc.integer({ min: 300, max: 5_000 }), (rate) => {
        let now = 0;
        const sampler = new RateSampler(200, () => now);
        const seconds = [0, 0, 0];
        for (let n = 0; n < 3 * rate; n++) {
          now = (n * 1_000) / rate;
          // Golden ratio: spread evenly, as random ids are.
          if (isRecorded(sampler, idOf((n * 0.618034) % 1))) seconds[Math.floor(now / 1_000)]! += 1;
        }
        assert.ok(seconds[0]! <= 200 * (2 + Math.log2(rate / 200)), String(seconds));
        assert.ok(seconds[2]! > 90 && seconds[2]! < 320, String(seconds));
      }),
      { numRuns: 20 },
    );
  });

  it('leaves out, of two services, no trace in the busier one alone that the other one lacks', () => {
    const at = (rate: number) => {
      let now = 0;
      const sampler = new RateSampler(200, () => now);
      for (let n = 0; n < rate * 2; n++) {
        now = (n * 1_000) / rate;
        isRecorded(sampler, idOf((n * 0.618034) % 1));
      }
      return sampler;
    };
    const [quiet, busy] = [at(500), at(4_000)];
    for (let share = 0; share < 1; share += 0.01) {
      if (isRecorded(busy, idOf(share))) assert.ok(isRecorded(quiet, idOf(share)), String(share));
    }
  });

  it('goes within a trace as the caller went, and as the span above did here', () => {
    const sampler = new RateSampler(0.000001, () => 0);
    assert.equal(isRecorded(new RateSampler(200), idOf(0), 0), false);
    assert.equal(isRecorded(sampler, idOf(0.999), 1, false), true);
  });
});

describe('the trace that a service hands on by itself', () => {
  for (const [how, headers, left] of [
    [
      'as names and values',
      ['Accept', '*/*', 'Traceparent', 'a', 'x', 'y', 'tracestate', 'b'],
      ['Accept', '*/*', 'x', 'y'],
    ],
    ['as lines', 'accept: */*\r\ntraceparent: a\r\nx: y\r\n', 'accept: */*\r\nx: y\r\n'],
    ['not at all', ['accept', '*/*'], ['accept', '*/*']],
  ] as const) {
    it(`gives way to the agent's, written ${how}`, () => {
      const request = { headers: typeof headers === 'string' ? headers : [...headers] };
      withoutOwnTrace(request);
      assert.deepEqual(request.headers, left);
    });
  }
});
