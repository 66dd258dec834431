import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { referencePages } from '../src/reference.ts';

test('the committed reference pages are those that would be written now (`npm run generate`)', () => {
  const repository = join(import.meta.dirname, '../../..');
  for (const [path, text] of referencePages()) assert.equal(readFileSync(join(repository, path), 'utf8'), text, path);
});
