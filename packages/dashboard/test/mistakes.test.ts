import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { SpecError } from '@islet/spec';
import { mistakeText, placeText } from '../app/model/mistakes.ts';

const mistake: SpecError = {
  place: { file: 'services/orders/service.yaml', line: 7, column: 3 },
  path: 'run.comand',
  rule: 'unknown-key',
  message: 'unknown key "comand"',
  found: 'comand',
  hint: 'did you mean "command"?',
};

it('a mistake is told by its place, its key, the rule and the remedy', () => {
  assert.equal(placeText(mistake), 'services/orders/service.yaml:7:3');
  assert.equal(mistakeText(mistake), 'run.comand: unknown key "comand"; did you mean "command"?');
});

it('one of the whole file has no key, and one without a remedy has none', () => {
  assert.equal(mistakeText({ ...mistake, path: '', hint: undefined }), 'unknown key "comand"');
});
