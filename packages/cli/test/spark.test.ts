import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderSpark } from '../src/render/spark.ts';

test('a line of bars is as high as its values', () => {
  assert.equal(renderSpark([0, 1, 4, 7, 0]), ' ▂▅█');
  assert.equal(renderSpark([]), '');
});
