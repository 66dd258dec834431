import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deadExports } from '../../tidy/dead-exports.ts';
import { places } from './repository.ts';

const A = 'packages/spec/src/a.ts';
const B = 'packages/spec/src/b.ts';

for (const { rule, files, found } of [
  {
    rule: 'what another file imports is alive, and what a package or a test passes on too',
    files: {
      [A]: 'export const a = 1;\nexport function b() {}',
      [B]: "export { a } from './a.ts';\nimport('x').then(({ b }) => b);",
    },
    found: [],
  },
  {
    rule: 'what only its own file uses needs no export, and what nobody uses is dead',
    files: { [A]: 'export const a = 1;\nexport async function b() {\n  return a;\n}' },
    found: [`${A}:1 dead-export`, `${A}:2 dead-export`],
  },
  {
    rule: 'a mention in a comment or a string is no use',
    files: { [A]: 'export const a = 1;', [B]: "// a\nconst b = 'a';" },
    found: [`${A}:1 dead-export`],
  },
  {
    rule: 'a type that its own file uses may stand for readers',
    files: {
      [A]: 'interface Own {}\nexport type Shown = Own;\nexport interface Dead {}\nexport function b(_: Shown) {}',
      [B]: 'b()',
    },
    found: [`${A}:3 dead-export`],
  },
  {
    rule: 'the services of examples are those of others',
    files: { 'examples/shop/services/a/src/a.ts': 'export const a = 1;' },
    found: [],
  },
]) {
  test(rule, () => assert.deepEqual(places(deadExports, files), found));
}
