import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeOf, importsOf, stringsOf, templateHeadsOf } from '../../tidy/code.ts';

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
    "// import './comment.ts'",
    `const f = "import './string.ts'";`,
    "const g = Array.from('abc');",
  ].join('\n');
  const found = importsOf(text).map((one) => one.text);
  assert.deepEqual(found, ['./a.ts', './b.ts', 'c', './d.ts']);
  assert.equal(importsOf(text)[1]?.index, text.indexOf('./b.ts'));
});

test('finds what templates begin with', () => {
  assert.deepEqual(templateHeadsOf(`a(\`./b\${c}d\`, \`e\`)`), ['./b']);
});

test('finds the strings', () => {
  const found = stringsOf("a('one', `two`, \"\"); // 'three'");
  assert.deepEqual(found, [
    { text: 'one', index: 3 },
    { text: 'two', index: 10 },
    { text: '', index: 17 },
  ]);
});
