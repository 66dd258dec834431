import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describe, formatError, parseSystem } from '../src/index.ts';
import { leavesOf } from '../src/leaves.ts';
import { anything, validService } from './arbitrary.ts';
import { ORDERS, orders, serviceOf, type Texts } from './helpers.ts';
import { memoryFiles } from './memory-files.ts';

/** Parses, and holds every error to what an editor needs of it. */
function holds(texts: Texts): void {
  const result = parseSystem(memoryFiles(texts), { environment: 'prod' });
  if (result.kind === 'ok') return;
  assert(result.errors.length > 0);
  for (const error of result.errors) {
    const lines = (texts[error.place.file] ?? '').split('\n');
    assert(error.place.line >= 1 && error.place.line <= Math.max(1, lines.length), formatError(error)[0]);
    assert(error.place.column >= 1, formatError(error)[0]);
    assert(error.message.length > 0);
  }
}

test('parsing never throws, whatever the text', () => {
  const line = fc.constantFrom(
    'run:',
    '  command: x',
    'a: &a [*a]',
    '- x',
    '\t',
    '? ',
    ': ',
    '"',
    '{',
    '|',
    '>-',
    '!!binary x',
    '---',
    '<<: *a',
    '%YAML 1.1',
  );
  const text = fc.oneof(
    fc.string({ maxLength: 80 }),
    fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n')),
  );
  fc.assert(
    fc.property(text, text, (islet, service) => holds({ 'islet.yaml': islet, [ORDERS]: service })),
    { numRuns: 400 },
  );
});

test('parsing never throws, whatever the values', () => {
  fc.assert(
    fc.property(anything, anything, (islet, service) => {
      holds({ 'islet.yaml': JSON.stringify(islet), [ORDERS]: JSON.stringify(service) });
      holds(orders(JSON.stringify(service)));
      const environments = { prod: { services: { orders: service } } };
      holds({ 'islet.yaml': JSON.stringify({ system: 'shop', environments }), [ORDERS]: 'run: { command: x }' });
    }),
    { numRuns: 300 },
  );
});

test('nothing that a file holds reaches a prototype', () => {
  holds(orders('{"run": {"command": "x", "env": {"__proto__": {"polluted": "yes"}}}, "__proto__": {"polluted": 1}}'));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test('every effective value is described, with where it comes from', () => {
  fc.assert(
    fc.property(validService, (file) => {
      const service = serviceOf(orders(JSON.stringify(file)));
      const described = describe(service);
      assert.deepEqual(new Set(described.map(({ path }) => path)), new Set(service.origins.keys()));
      assert.equal(described.length, leavesOf(service).length);
      for (const { path, origin } of described) {
        assert.equal(origin.kind === 'file', isWritten(file, path), `${path}: ${JSON.stringify(origin)}`);
      }
    }),
    { numRuns: 300 },
  );
});

/** Whether a value, or the shorthand that stands for it, is in the file. */
function isWritten(file: object, path: string): boolean {
  const keys = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  const shorthand: Readonly<Record<string, string>> = {
    'scale.min': 'number',
    'database.engine': 'string',
    'health.startup.http': 'string',
    'health.ready.http': 'string',
    'health.live.http': 'string',
  };
  let value: unknown = file;
  for (const [depth, key] of keys.entries()) {
    if (key === '0' && keys[depth - 1] === 'expose' && !Array.isArray(value)) continue;
    if (typeof value === 'string' && path.startsWith('api.expose')) {
      return key === 'path' || (key === 'host' && !value.startsWith('/'));
    }
    if (typeof value !== 'object' || value === null) return typeof value === shorthand[path];
    if (!Object.hasOwn(value, key)) return false;
    value = (value as Record<string, unknown>)[key];
  }
  return true;
}
