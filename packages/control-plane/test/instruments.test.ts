import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { DEFAULT_TELEMETRY } from '@islet/spec';
import { pino } from 'pino';
import { environmentOf, type InstanceFacts } from '../src/environment.ts';
import { createInstrument } from '../src/instruments.ts';
import { launchSpec } from './support.ts';

const log = pino({ level: 'silent' });

function place(t: TestContext, files: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'islet-instruments-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  const instrument = createInstrument({ layout: { state: folder, runtime: folder }, folder: async () => folder, log });
  return { folder, instrument };
}

describe('a runtime is told to trace', () => {
  it('a Node service, by a file that it loads first', async (t) => {
    const { folder, instrument } = place(t);
    const { NODE_OPTIONS = '' } = await instrument(launchSpec('orders'), 'r1');
    assert.match(NODE_OPTIONS, new RegExp(`^--require ${folder}/instrument/node-[0-9a-f]{12}\\.cjs$`));
  });

  const AGENT = 'lib/python3.11/site-packages/opentelemetry/instrumentation/auto_instrumentation/sitecustomize.py';
  for (const environment of ['.venv', 'venv']) {
    it(`a Python service that has the agent in its ${environment}`, async (t) => {
      const { folder, instrument } = place(t, [`${environment}/${AGENT}`]);
      const { PYTHONPATH } = await instrument(launchSpec('ads', {}, { language: 'Python' }), 'r1');
      assert.equal(PYTHONPATH, dirname(join(folder, environment, AGENT)));
    });
  }

  it('a Java service that has the agent beside it', async (t) => {
    const { folder, instrument } = place(t, ['lib/opentelemetry-javaagent.jar']);
    const { JAVA_TOOL_OPTIONS } = await instrument(launchSpec('ads', {}, { language: 'Java' }), 'r1');
    assert.equal(JAVA_TOOL_OPTIONS, `-javaagent:${folder}/lib/opentelemetry-javaagent.jar`);
  });

  for (const language of ['Python', 'Java', 'Go'] as const) {
    it(`no ${language} service that brings no agent`, async (t) => {
      const { instrument } = place(t);
      assert.deepEqual(await instrument(launchSpec('ads', {}, { language }), 'r1'), {});
    });
  }

  it('nothing, where that fails: the service starts all the same', async (t) => {
    const { instrument } = place(t);
    const broken = createInstrument({
      layout: { state: '/dev/null/nowhere', runtime: '/dev/null/nowhere' },
      log,
      folder: () => Promise.reject(new Error('no folder')),
    });
    assert.deepEqual(await broken(launchSpec('orders'), 'r1'), {});
    assert.deepEqual(await broken(launchSpec('ads', {}, { language: 'Java' }), 'r1'), {});
    assert.notDeepEqual(await instrument(launchSpec('orders'), 'r1'), {});
  });
});

describe('the environment of a traced service', () => {
  const FACTS: InstanceFacts = {
    service: 'orders',
    instance: 'orders-r1.0-0',
    revision: 'r1',
    host: '127.0.0.1',
    port: 1,
    database: undefined,
    poolMax: undefined,
    redis: undefined,
    volumes: {},
    edges: {},
    secret: () => undefined,
    path: '',
    telemetry: {},
    system: 's',
    instrument: { NODE_OPTIONS: '--require /x.cjs', OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
  };
  const text = (value: string) => ({ kind: 'template', template: [value] }) as const;
  const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: text('http://127.0.0.1:4318') };

  it('has what the runtime is told before what the service says itself', () => {
    const env = { ...ENDPOINT, NODE_OPTIONS: text('--enable-source-maps'), OTEL_EXPORTER_OTLP_PROTOCOL: text('grpc') };
    const { NODE_OPTIONS, OTEL_EXPORTER_OTLP_PROTOCOL } = environmentOf(launchSpec('orders', { env }), FACTS);
    assert.deepEqual([NODE_OPTIONS, OTEL_EXPORTER_OTLP_PROTOCOL], ['--require /x.cjs --enable-source-maps', 'grpc']);
  });

  it('has nothing of it where traces have no place to go, or the file says no', () => {
    const nowhere = environmentOf(launchSpec('orders', { env: { OTEL_EXPORTER_OTLP_ENDPOINT: text('') } }), FACTS);
    assert.equal(nowhere.NODE_OPTIONS, undefined);
    const telemetry = { ...DEFAULT_TELEMETRY, instrument: false };
    const off = environmentOf(launchSpec('orders', { env: ENDPOINT }, { telemetry }), FACTS);
    assert.equal(off.NODE_OPTIONS, undefined);
  });
});
