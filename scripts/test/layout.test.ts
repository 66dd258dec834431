import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { laidOut } from '../layout.ts';

const LONG = 'word '.repeat(30).trim();

for (const { rule, document, laid } of [
  { rule: 'short lines become one', document: 'a\nb\n\nc', laid: 'a b\n\nc' },
  {
    rule: 'no line is longer than 120',
    document: LONG,
    laid: `${'word '.repeat(24).trim()}\n${'word '.repeat(6).trim()}`,
  },
  {
    rule: 'an item goes on below its text',
    document: `- ${LONG}\n- b`,
    laid: `- ${'word '.repeat(23).trim()}\n  ${'word '.repeat(7).trim()}\n- b`,
  },
  { rule: 'a numbered item goes on below its text', document: '10. a\nb', laid: '10. a b' },
  { rule: 'an item in an item keeps its depth', document: '- a\n  - b\n    c', laid: '- a\n  - b c' },
  { rule: 'code is left as it is', document: '```\na\nb\n```\nc\nd', laid: '```\na\nb\n```\nc d' },
  { rule: 'a fence of four holds one of three', document: '````\n```\na\nb\n````', laid: '````\n```\na\nb\n````' },
  { rule: 'indented code is left as it is', document: '    a\n    b', laid: '    a\n    b' },
  { rule: 'a table is left as it is', document: '| a |\n| - |\n| b |', laid: '| a |\n| - |\n| b |' },
  { rule: 'a hard break is kept', document: 'a  \nb', laid: 'a  \nb' },
  {
    rule: 'code and links are not broken',
    document: `${'x'.repeat(115)} \`a b\` ${'x'.repeat(110)} [c d](e) [\`f g\` h](i).`,
    laid: `${'x'.repeat(115)}\n\`a b\` ${'x'.repeat(110)}\n[c d](e) [\`f g\` h](i).`,
  },
  { rule: 'no line begins like an item', document: `${'x'.repeat(118)} - 1. y`, laid: `${'x'.repeat(118)} - 1.\ny` },
]) {
  test(rule, () => assert.equal(laidOut(document), laid));
}

test('laying out twice is laying out once, and changes no word', () => {
  const piece = fc.constantFrom(
    'a',
    'bcd',
    '-',
    '1.',
    '#',
    '>',
    '|',
    '`',
    '```',
    '[',
    '](x)',
    ' ',
    '  ',
    '\n',
    '\n\n',
    LONG,
  );
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const once = laidOut(pieces.join(''));
      assert.equal(laidOut(once), once);
      assert.equal(once.replaceAll(/\s+/g, ' ').trim(), pieces.join('').replaceAll(/\s+/g, ' ').trim());
    }),
  );
});
