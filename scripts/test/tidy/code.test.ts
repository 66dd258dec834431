import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, importsOf, stringsOf } from '../../tidy/code.ts';

for (const { what, text, code } of [
  { what: 'comments', text: 'a; // b\n/* c\nd */ e', code: 'a;     \n    \n     e' },
  { what: 'strings', text: `f('it\\'s', "x")`, code: `f('     ', " ")` },
  { what: 'templates but for their holes', text: `\`a \${b({ c: \`d\` })} $e\``, code: `\`  \${b({ c: \` \` })}   \`` },
  { what: 'regular expressions', text: "x = /['/]\\//g; y = a / b / c", code: 'x = /      /g; y = a / b / c' },
  { what: 'a comment-like string', text: "u = 'http://x'; v", code: "u = '        '; v" },
]) {
  test(`blanks ${what}`, () => assert.equal(codeOf(text), code));
}

test('finds whatever is imported, and where', () => {
  const text = [
    "import type { A } from './a.ts';",
    "import './b.ts';",
    'export {\n  c,\n} from "c";',
    "const d = await import('./d.ts');",
    "const e = import.meta.resolve('@islet/e/main');",
    "// import './comment.ts'",
    `const f = "import './string.ts'";`,
    "const g = Array.from('abc');",
  ].join('\n');
  const found = importsOf(text).map(({ specifier, kind }) => `${kind} ${specifier}`);
  assert.deepEqual(found, ['import ./a.ts', 'import ./b.ts', 'import c', 'import ./d.ts', 'resolve @islet/e/main']);
  assert.equal(importsOf(text)[1]?.index, text.indexOf('./b.ts'));
});

test('finds the strings', () => {
  assert.deepEqual(stringsOf("a('one', `two`, \"\"); // 'three'"), ['one', 'two', '']);
});
