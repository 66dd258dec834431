import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderDuration } from '../src/render/duration.ts';
import { cut, plain, renderTable } from '../src/render/table.ts';

describe('renderTable', () => {
  test('aligns columns two spaces apart and leaves no space at a line end', () => {
    const lines = renderTable({
      headers: ['name', 'n', 'why'],
      rows: [
        ['a', '10', ''],
        ['longer', '2', 'slow'],
      ],
    });
    assert.deepEqual(lines, ['NAME    N   WHY', 'a       10', 'longer  2   slow']);
  });

  test('colours take no room', () => {
    const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
    const lines = renderTable({
      headers: ['s', 'x'],
      rows: [
        [{ text: 'bad', paint: red }, 'y'],
        ['good', 'z'],
      ],
    });
    assert.deepEqual(lines, ['S     X', '\x1b[31mbad\x1b[39m   y', 'good  z']);
  });

  test('cuts a line to the width of the terminal, and colours only what is left', () => {
    const mark = (text: string) => `<${text}>`;
    const lines = renderTable({
      headers: ['a', 'b'],
      rows: [['one', { text: 'two three four', paint: mark }]],
      columns: 10,
    });
    assert.deepEqual(lines, ['A    B', 'one  <two …>']);
  });

  test('a cell from outside can neither colour, move the cursor nor break the line', () => {
    assert.deepEqual(renderTable({ headers: ['a'], rows: [['\x1b[31mred\x1b[0m\nnext\x07']] }), ['A', 'red next']);
  });
});

test('cut keeps what fits and marks what does not', () => {
  assert.deepEqual([cut('abc', 3), cut('abcd', 3), cut('abcd', 1), cut('abcd', 0)], ['abc', 'ab…', 'a', '']);
});

test('plain leaves ordinary text alone', () => {
  assert.equal(plain('naïve – 10 % ✓'), 'naïve – 10 % ✓');
});

test('durations are told in the two largest units', () => {
  const rows = [
    [0, '0 ms'],
    [999, '999 ms'],
    [4_230, '4.2 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
    [200_000_000, '2 d 7 h'],
  ] as const;
  for (const [ms, text] of rows) assert.equal(renderDuration(ms), text);
});
