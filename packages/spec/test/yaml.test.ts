import assert from 'node:assert/strict';
import { test } from 'node:test';
import { errorsOf, linesOf, ORDERS, orders, serviceOf } from './helpers.ts';

const RUN = 'run: { command: x }\n';

for (const { name, text, expected } of [
  {
    name: 'a tab as indentation',
    text: 'run:\n\tcommand: x\n',
    expected: '2:1  syntax  a tab indents this line; indent with spaces',
  },
  {
    name: 'a key that stands twice',
    text: `${RUN}scale: 1\nscale: 2\n`,
    expected: '3:1  syntax  this key stands twice',
  },
  {
    name: 'a key that is indented otherwise',
    text: 'run:\n  command: x\n env:\n    A: b\n',
    expected: '3:1  syntax  this line is not indented as the others of its section; let all keys',
  },
  {
    name: 'a brace that is never closed',
    text: 'name: orders\nrun: { command: x\nscale: 1\n',
    expected: '2:6  syntax  { is never closed; close it with }',
  },
  {
    name: 'a bracket that is never closed',
    text: `${RUN}uses: [a, b\n`,
    expected: '2:7  syntax  [ is never closed; close it with ]',
  },
  {
    name: 'a quote that is never closed, also between braces',
    text: 'run: { command: "x }\nscale: 1\n',
    expected: '1:17  syntax  " is never closed; close it with "',
  },
  {
    name: 'a single quote that is never closed',
    text: "run:\n  command: 'x\n",
    expected: "2:12  syntax  ' is never closed; close it with '",
  },
  { name: 'a key without a colon', text: 'run\n  command: x\n', expected: '1:1  syntax  this line has no ": "' },
  { name: 'a colon without a space', text: `name:orders\n${RUN}`, expected: '1:1  syntax  this line has no ": "' },
  {
    name: 'a line indented below a value',
    text: 'run:\n  command: x\n   build: y\n',
    expected: '2:12  syntax  this is a value already, and the next line is indented',
  },
  {
    name: 'a missing comma',
    text: 'run: { command: x build: y }\n',
    expected: '1:17  syntax  two values without a comma',
  },
  {
    name: 'a missing comma between texts in quotes',
    text: `${RUN}uses: ["a" "b"]\n`,
    expected: '2:12  syntax  two values without a comma between them; put a comma',
  },
  {
    name: 'a reference without quotes between braces',
    text: 'run: { command: x, env: { A: ${port}, B: 1 } }\nuses: [a]\nscale: 1\n',
    expected: '1:30  syntax  between { } or [ ] a value with a brace needs quotes; quote the value: "${port}"',
  },
  {
    name: 'a reference without quotes between brackets',
    text: `${RUN}uses: [a, \${port}]\n`,
    expected: '2:11  syntax  between { } or [ ] a value with a brace needs quotes; quote the value: "${port}"',
  },
  {
    name: 'a path with a name in it, without quotes between braces, over two lines',
    text: `${RUN}traffic:\n  routes:\n    - { match: GET /a/{id}/b,\n        timeout: 1s }\nscale: 1\n`,
    expected: '4:16  syntax  between { } or [ ] a value with a brace needs quotes; quote the value: "GET /a/{id}/b"',
  },
  {
    name: 'a bracket too many',
    text: `${RUN}uses: [a]]\nscale: 1\n`,
    expected: '2:10  syntax  this is more than can stand here; remove it',
  },
  { name: 'a second document', text: `${RUN}---\n${RUN}`, expected: '2:1  syntax  a second document' },
  { name: 'two colons in a line', text: 'name: a: b\n', expected: '1:7  syntax  a second ": "' },
  { name: 'a tag', text: `${RUN}name: !ref orders\n`, expected: '2:7  syntax  this tag means nothing here' },
  { name: 'an unknown anchor', text: `${RUN}uses: *others\n`, expected: '2:7  syntax  no anchor "&others"' },
  { name: 'a list as a key', text: `${RUN}? [a]\n: 1\n`, expected: '2:3  syntax  a key must be plain text' },
  {
    name: 'a key that is a prototype',
    text: `${RUN}__proto__: { polluted: true }\n`,
    expected: '2:1  syntax  "__proto__" can\'t be a key',
  },
  {
    name: 'an inherited name as a key',
    text: `${RUN}toString: 1\n`,
    expected: '2:1  unknown-key  toString: unknown key',
  },
] as const) {
  test(`${name} is an error at its place`, () => {
    const found = linesOf(orders(text));
    assert(found[0]?.startsWith(`${ORDERS}:${expected}`), found.join('\n'));
    assert.equal(found.length, 1, found.join('\n'));
  });
}

test('a file tells all of its syntax errors at once', () => {
  const found = errorsOf(orders('name: @a\nrun: "x\nscale: [1\n'));
  assert(found.length >= 2, JSON.stringify(found));
  assert(found.every((error) => error.rule === 'syntax'));
});

test('a key that stands twice hides no other mistake', () => {
  const found = errorsOf(orders('run: { command: x }\nscale: -1\nscale: 2\nuse: []\n'));
  assert.deepEqual(
    found.map(({ rule, place }) => [rule, place.line]),
    [
      ['value', 2],
      ['syntax', 3],
      ['unknown-key', 4],
    ],
  );
});

test('anchors are allowed, and a value has the place of what it names', () => {
  const service = serviceOf(orders('run:\n  command: x\n  env: { A: &level info, B: *level }\n'));
  assert.deepEqual(service.run.env.B, { kind: 'template', template: ['info'] });
  assert.deepEqual(service.origins.get('run.env.B'), { kind: 'file', place: { file: ORDERS, line: 3, column: 20 } });
});

test('anchors that expand without end are refused', () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inside =
      level === 0
        ? '[x, x, x, x, x, x, x, x, x]'
        : `[${Array(9)
            .fill(`*a${level - 1}`)
            .join(', ')}]`;
    return `a${level}: &a${level} ${inside}\n`;
  });
  for (const text of [levels.join(''), 'a: &a [*a]\n', 'a: &a { b: *a }\n']) {
    const found = linesOf(orders(`${RUN}${text}`));
    assert(
      found.some((line) => line.includes('anchors expanded')),
      found.join('\n').slice(0, 500),
    );
  }
});

test('nesting without end and a file without end are refused', () => {
  for (const text of ['['.repeat(200_000), '['.repeat(5000), 'a: '.repeat(5000), `x: ${'y'.repeat(300_000)}`]) {
    assert(errorsOf(orders(text)).length > 0);
  }
});

for (const [written, text] of [
  ['1.10', '1.10'],
  ['007', '007'],
  ['0x1F', '0x1F'],
  ['1_000', '1_000'],
  ['1e3', '1e3'],
  ['true', 'true'],
  ['Yes', 'Yes'],
  ['"1.10"', '1.10'],
  ["'it''s'", "it's"],
  ['12345678901234567890', '12345678901234567890'],
  ['.inf', '.inf'],
  ['""', ''],
] as const) {
  test(`a variable written ${written} reaches the service as ${JSON.stringify(text)}`, () => {
    const service = serviceOf(orders(`run:\n  command: x\n  env: { A: ${written} }\n`));
    assert.deepEqual(service.run.env.A, { kind: 'template', template: [text] });
  });
}

for (const written of ['0x10', '0o17', '017', '1_0', '1e1', '.inf', '.nan', '"2"', '99999999999999999999']) {
  test(`${written} is not the number of instances`, () => {
    const [error, ...others] = errorsOf(orders(`${RUN}scale: { min: ${written} }\n`));
    assert.equal(error?.path, 'scale.min');
    assert.deepEqual(others, []);
  });
}
