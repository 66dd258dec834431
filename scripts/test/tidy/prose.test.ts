import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prose } from '../../tidy/prose.ts';
import { places } from './repository.ts';

for (const { rule, files, found } of [
  { rule: 'lines of one width are right', files: { 'A.md': '# A\n\nb c\n' }, found: [] },
  { rule: 'a line that ends too early is refused', files: { 'A.md': '# A\n\nb\nc\n' }, found: ['A.md:3 prose'] },
  {
    rule: 'a line that is too long is refused',
    files: { 'A.md': `# A\n\n${'b '.repeat(61)}\n` },
    found: ['A.md:3 prose'],
  },
  { rule: 'what is generated is left alone', files: { 'docs/reference/A.md': '# A\n\nb\nc\n' }, found: [] },
]) {
  test(rule, () => assert.deepEqual(places(prose, files), found));
}
