import assert from 'node:assert/strict';
import { test } from 'node:test';
import { namedPart, parsePattern } from '../src/index.ts';

const ROWS = [
  ['/carts/{id}', '/carts/7', '7'],
  ['/carts/{id}', '/carts/7/lines', undefined],
  ['/carts/{id}', '/carts/', undefined],
  ['/carts/{id}', '/carts', undefined],
  ['/carts/{id}', '/carts/7/', '7'],
  ['/carts/{id}', '/Carts/7', undefined],
  ['/carts/{id}', '/carts7/7', undefined],
  ['/carts/{id}/**', '/carts/7', '7'],
  ['/carts/{id}/**', '/carts/7/lines/3', '7'],
  ['/carts/{id}/lines', '/carts/7/lines', '7'],
  ['/{tenant}/**', '/a/b/c', 'a'],
  ['/{tenant}', '/', undefined],
  ['/**', '/a', undefined],
  ['/a/{b}/{c}', '/a/x/y', 'x'],
] as const;

for (const [pattern, path, part] of ROWS) {
  test(`in ${path} the name of ${pattern} is ${part ?? 'not found'}`, () => {
    assert.equal(namedPart(parsePattern(pattern), path), part);
  });
}
