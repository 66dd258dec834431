import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anchorsOf, documents } from '../../tidy/documents.ts';
import { places } from './repository.ts';

for (const { rule, files, found } of [
  { rule: 'a document begins with its only title', files: { 'A.md': '# A\n\n## B\n' }, found: [] },
  { rule: 'a document without a title is refused', files: { 'A.md': 'a\n' }, found: ['A.md:1 title'] },
  { rule: 'a second title is refused', files: { 'A.md': '# A\n\n# B\n' }, found: ['A.md:3 title'] },
  { rule: 'a title in a code block is none', files: { 'A.md': '# A\n\n```sh\n# a comment\n```\n' }, found: [] },
  {
    rule: 'a link leads to a file or folder',
    files: { 'A.md': '# A\n[b](docs/B.md) [d](docs)', 'docs/B.md': '# B' },
    found: [],
  },
  { rule: 'a link that leads nowhere is refused', files: { 'A.md': '# A\n\n[b](docs/B.md)' }, found: ['A.md:3 link'] },
  {
    rule: 'a link is relative to its document',
    files: { 'A.md': '# A', 'docs/B.md': '# B\n[a](../A.md)\n[a](A.md)' },
    found: ['docs/B.md:3 link'],
  },
  { rule: 'an anchor is a heading', files: { 'A.md': '# A\n[b](#b-c)\n[c](#d)\n## B, c!' }, found: ['A.md:3 link'] },
  { rule: 'addresses of the web are left alone', files: { 'A.md': '# A\n[b](https://example.com/b)' }, found: [] },
  {
    rule: 'a path in backticks is there',
    files: {
      'A.md': '# A\n`packages/spec/src/index.ts` `packages/spec/` `packages/*/x.ts`\n`packages/spec/src/gone.ts`',
    },
    found: ['A.md:3 code-path'],
  },
]) {
  test(rule, () => assert.deepEqual(places(documents, files), found));
}

test('anchors are those of GitHub', () => {
  assert.deepEqual([...anchorsOf('# A `b.ts` – c_d\n## [E](f)\n## E')], ['a-bts--c_d', 'e', 'e-1']);
});
