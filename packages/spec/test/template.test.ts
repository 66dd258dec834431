import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseTemplate, type Scope, templateText } from '../src/template.ts';

const SCOPE: Scope = {
  engine: 'postgres',
  hasRedis: false,
  volumes: ['uploads'],
  uses: ['catalog', 'order-history'],
  isCommand: true,
};

test('splits references from the text around them', () => {
  const source = 'java -Dport=${port} -Dup=${uses.order-history.address}';
  assert.deepEqual(parseTemplate(source, SCOPE).template, [
    'java -Dport=',
    { kind: 'own', name: 'port' },
    ' -Dup=',
    { kind: 'uses', service: 'order-history', part: 'address' },
  ]);
});

for (const source of [
  'echo ${HOME}',
  'echo $port',
  'x ${PORT:-80}',
  'x ${#list} ${1} ${_a}',
  'kill $$',
  'awk {print}',
]) {
  test(`a command leaves ${source} to the shell`, () => {
    assert.deepEqual(parseTemplate(source, SCOPE), { template: [source], references: [], problems: [] });
  });
}

test("a reference may stand inside what is the shell's", () => {
  assert.deepEqual(parseTemplate('x ${PORT:-${port}}', SCOPE).template, [
    'x ${PORT:-',
    { kind: 'own', name: 'port' },
    '}',
  ]);
});

test('$${ stands for ${, in commands and in values', () => {
  for (const isCommand of [true, false]) {
    assert.deepEqual(parseTemplate('a $${port} b', { ...SCOPE, isCommand }).template, ['a ${port} b']);
  }
});

for (const { source, engine, words } of [
  { source: '${prot}', engine: 'postgres', words: 'did you mean "port"?' },
  { source: '${uses.catalgo.url}', engine: 'postgres', words: 'did you mean "catalog"?' },
  { source: '${uses.payments.url}', engine: 'postgres', words: 'add it: uses: [catalog, order-history, payments]' },
  { source: '${uses.catalog.uri}', engine: 'postgres', words: 'did you mean "uses.catalog.url"?' },
  { source: '${uses.catalog}', engine: 'postgres', words: 'uses.catalog.url' },
  { source: '${database.url}', engine: undefined, words: 'declare one' },
  { source: '${database.host}', engine: 'sqlite', words: 'has no host; there is database.url, database.path' },
  { source: '${database.path}', engine: 'postgres', words: 'there is database.url' },
  { source: '${port:-80}', engine: undefined, words: 'write $${port:-80} for the shell' },
  { source: '${volumes.upload}', engine: undefined, words: 'did you mean "uploads"?' },
  { source: '${volumes.thumbs}', engine: undefined, words: 'add it: volumes: [uploads, thumbs]' },
  { source: '${port', engine: undefined, words: 'never closed' },
  { source: '${constructor}', engine: undefined, words: 'there is' },
] as const) {
  test(`${source} with ${engine ?? 'no database'} is a problem: ${words}`, () => {
    const { problems } = parseTemplate(`x ${source}`, { ...SCOPE, engine });
    assert.equal(problems.length, 1);
    const text = `${problems[0]!.message}; ${problems[0]!.hint}`;
    assert(text.includes(words), text);
  });
}

test("no shell reads a value, so the shell's references are problems there", () => {
  const { problems } = parseTemplate('${HOME}/x', { ...SCOPE, isCommand: false });
  assert.equal(problems.length, 1);
  assert(problems[0]!.hint?.includes('$${HOME}'));
});

test('a text without problems is the same once its references are written back', () => {
  const piece = fc.constantFrom(
    '${port}',
    '${database.url}',
    '${uses.catalog.host}',
    ' ',
    'a',
    '$',
    '{',
    '}',
    '${A}',
    '"',
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const source = pieces.join('').replaceAll(/\$+\{/g, '${');
      const { template, problems } = parseTemplate(source, SCOPE);
      fc.pre(problems.length === 0);
      assert.equal(templateText(template), source);
    }),
  );
});
