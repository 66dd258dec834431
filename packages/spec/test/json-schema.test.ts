import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import { generatedFiles } from '../src/generated.ts';
import { jsonSchema } from '../src/index.ts';
import { nodeFiles } from '../src/node-files.ts';
import { anything, validService } from './arbitrary.ts';
import { errorsOf, orders } from './helpers.ts';

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false });
const validates = { service: ajv.compile(jsonSchema('service')), islet: ajv.compile(jsonSchema('islet')) };

test('every generated file is up to date; "npm run generate" writes them', () => {
  const repository = nodeFiles(join(import.meta.dirname, '../../..'));
  for (const [path, text] of generatedFiles(repository)) {
    assert.equal(repository.readText(path), text, `${path} is stale`);
  }
});

const RUN = 'run: { command: x }\n';

for (const { file, accepted } of [
  { file: `${RUN}scale: 3`, accepted: true },
  { file: `${RUN}scale: { min: 2, max: 3 }`, accepted: true },
  { file: `${RUN}telemetry: { logs: { keep: 14d }, traces: { sample: 5 } }`, accepted: true },
  { file: `${RUN}telemetry: { logs: 14d }`, accepted: false },
  { file: `${RUN}telemetry: { traces: { sample: -1 } }`, accepted: false },
  { file: `${RUN}scale: "3"`, accepted: false },
  { file: `${RUN}scale: 0`, accepted: true },
  { file: `${RUN}scale: -1`, accepted: false },
  { file: `${RUN}scale: { max: 4, target: { rps: 9 }, zero: {} }`, accepted: true },
  { file: `${RUN}scale: { max: 4, target: { rps: many } }`, accepted: false },
  { file: `${RUN}database: postgres`, accepted: true },
  { file: `${RUN}database: mysql`, accepted: false },
  { file: `${RUN}database: { url: { secret: a } }`, accepted: true },
  { file: `${RUN}database: { url: postgres://x }`, accepted: false },
  { file: `${RUN}database: { engine: sqlite, url: { secret: a } }`, accepted: false },
  { file: `${RUN}database: {}`, accepted: false },
  { file: `${RUN}health: { ready: /r, live: { exec: x } }`, accepted: true },
  { file: `${RUN}health: { ready: { http: /r, tcp: true } }`, accepted: false },
  { file: `${RUN}health: { ready: { period: 1s } }`, accepted: true },
  { file: `${RUN}health: { live: { period: 1s } }`, accepted: false },
  { file: `${RUN}health: { ready: { tcp: false } }`, accepted: false },
  { file: `${RUN}health: { ready: readyz }`, accepted: false },
  { file: `${RUN}rollout: { minHealthy: 10 }`, accepted: false },
  { file: `${RUN}rollout: { minHealthy: 10 s }`, accepted: false },
  { file: `${RUN}rollout: { minHealthy: 500ms }`, accepted: true },
  { file: `${RUN}traffic: { timeout: 2s }`, accepted: true },
  { file: `${RUN}traffic: { timeout: { request: 2s, perTry: 1s } }`, accepted: true },
  { file: `${RUN}traffic: { timeout: 2 }`, accepted: false },
  { file: `${RUN}traffic: { timeouts: 2s }`, accepted: false },
  { file: `${RUN}api: { expose: /a }`, accepted: true },
  { file: `${RUN}api: { expose: [shop.example.com/a, { path: /b, strip: true }] }`, accepted: true },
  { file: `${RUN}api: { expose: { path: /b/../c } }`, accepted: false },
  { file: `${RUN}api: { expose: a }`, accepted: false },
  { file: `${RUN}api: { expose: "https://a/b" }`, accepted: false },
  { file: `${RUN}api: { port: 70000 }`, accepted: false },
  { file: `${RUN}replicas: 3`, accepted: false },
  { file: `${RUN}uses: catalog`, accepted: false },
  { file: `${RUN}name: Orders`, accepted: false },
  { file: 'run: { command: x, env: { A: 1, B: true, C: "", D: { secret: s } } }', accepted: true },
  { file: 'run: { command: x, env: { A: [] } }', accepted: false },
  { file: 'run: { command: x, env: { A: { secret: s, from: vault } } }', accepted: false },
  { file: 'run: { command: x, env: { A-B: x } }', accepted: false },
  { file: 'run: { command: x, resources: { cpu: 500m, memory: 256Mi } }', accepted: true },
  { file: 'run: { command: x, resources: { memory: 256MB } }', accepted: false },
  { file: 'run: { command: x, resources: { cpu: 0 } }', accepted: false },
  { file: 'run: { command: x, inputs: [/etc] }', accepted: false },
  { file: 'run: { command: "" }', accepted: false },
  { file: 'run: {}', accepted: false },
  { file: 'name: orders', accepted: false },
]) {
  test(`an editor and the parser both ${accepted ? 'accept' : 'refuse'} ${file.replace(RUN, '')}`, () => {
    assert.equal(validates.service(parseYaml(file)), accepted);
    assert.equal(errorsOf(orders(file)).length === 0, accepted, JSON.stringify(errorsOf(orders(file))));
  });
}

for (const { file, accepted } of [
  { file: 'system: shop', accepted: true },
  { file: 'services: [a]', accepted: false },
  { file: 'system: shop\nenvironments: { prod: { services: { orders: { scale: 4 } } } }', accepted: true },
  {
    file: 'system: shop\nenvironments: { prod: { services: { orders: { run: { env: { A: 1 } } } } } }',
    accepted: true,
  },
  {
    file: 'system: shop\nenvironments: { prod: { services: { orders: { database: { migrations: m } } } } }',
    accepted: true,
  },
  { file: 'system: shop\nenvironments: { prod: { services: { orders: { run: { comand: x } } } } }', accepted: false },
  { file: 'system: shop\nenvironments: { prod: { services: { orders: { scale: many } } } }', accepted: false },
  { file: 'system: shop\nenvironments: { prod: { gateway: { prot: 1 } } }', accepted: false },
  { file: 'system: shop\ngateway: { port: 0 }', accepted: false },
]) {
  test(`an editor and the parser both ${accepted ? 'accept' : 'refuse'} ${file.replace('\n', '; ')}`, () => {
    const texts = {
      ...orders('run: { command: x }\ndatabase: postgres\n'),
      'islet.yaml': file,
      'services/orders/m/1.sql': '',
    };
    assert.equal(validates.islet(parseYaml(file)), accepted, JSON.stringify(validates.islet.errors));
    assert.equal(errorsOf(texts).length === 0, accepted, JSON.stringify(errorsOf(texts)));
  });
}

test('what parses is valid to an editor, in every form', () => {
  fc.assert(
    fc.property(validService, (file) => {
      assert.deepEqual(errorsOf(orders(JSON.stringify(file))), []);
      assert(validates.service(file), JSON.stringify(validates.service.errors));
    }),
    { numRuns: 200 },
  );
});

test('of a file with one section changed at random, an editor refuses none that parses', () => {
  const section = fc.constantFrom(
    'run',
    'api',
    'uses',
    'database',
    'health',
    'scale',
    'rollout',
    'security',
    'telemetry',
    'test',
    'name',
  );
  fc.assert(
    fc.property(validService, section, anything, (file, key, value) => {
      const changed = JSON.parse(JSON.stringify({ ...file, [key]: value })) as Record<string, unknown>;
      if (errorsOf(orders(JSON.stringify(changed))).length > 0) return;
      assert(validates.service(changed), JSON.stringify([changed, validates.service.errors]));
    }),
    { numRuns: 500 },
  );
});

test('of a file with one section changed at random, the parser refuses all that an editor does', () => {
  const section = fc.constantFrom(
    'run',
    'api',
    'uses',
    'database',
    'health',
    'scale',
    'rollout',
    'security',
    'telemetry',
    'test',
    'name',
  );
  fc.assert(
    fc.property(validService, section, anything, (file, key, value) => {
      const changed = JSON.parse(JSON.stringify({ ...file, [key]: value })) as Record<string, unknown>;
      const structural = errorsOf(orders(JSON.stringify(changed))).filter(({ rule }) => STRUCTURAL.has(rule));
      // What only the parser can see (nearness, repetition, ranges of durations) has no part in this.
      if (validates.service(changed)) assert.deepEqual(structural, [], JSON.stringify(changed));
    }),
    { numRuns: 500 },
  );
});

const STRUCTURAL: ReadonlySet<string> = new Set(['type', 'unknown-key', 'required']);
