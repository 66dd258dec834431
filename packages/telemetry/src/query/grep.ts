import { ApiError } from '@islet/client';
import type { DecodedText } from '../store/codecs.ts';

/** What a person looks for in text: a part of it, upper and lower case alike; or a regular expression between slashes. */
export interface Needle {
  readonly isIn: (text: string) => boolean;
  /** Which rows of a column have it; quicker than row by row. */
  readonly rowsOf: (column: DecodedText) => (index: number) => boolean;
}

export function needleOf(grep: string): Needle {
  const [, pattern] = /^\/(.+)\/$/.exec(grep) ?? [];
  if (pattern !== undefined) return regular(pattern);
  const lower = grep.toLowerCase();
  const isIn = (text: string) => text.toLowerCase().includes(lower);
  if (!/^[\x00-\x7f]+$/.test(grep)) return { isIn, rowsOf: (column) => (index) => isIn(column.at(index)) };
  return { isIn, rowsOf: (column) => scan(column, grep) };
}

function regular(pattern: string): Needle {
  const compiled = compile(pattern);
  return {
    isIn: (text) => compiled.test(text),
    rowsOf: (column) => (index) => compiled.test(column.at(index)),
  };
}

function compile(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'i');
  } catch (cause) {
    throw new ApiError('bad-request', `/${pattern}/ is no regular expression`, { cause });
  }
}

/** Bytes of ASCII are the same in UTF-8, so the whole column is searched at once, and each place belongs to one row. */
function scan({ bytes, starts }: DecodedText, needle: string): (index: number) => boolean {
  const whole = bytes.toString('latin1');
  const pattern = new RegExp(RegExp.escape(needle), 'gi');
  const rows = new Set<number>();
  let row = 0;
  for (let found = pattern.exec(whole); found !== null; found = pattern.exec(whole)) {
    while ((starts[row + 1] ?? whole.length) <= found.index) row++;
    const end = starts[row + 1] ?? whole.length;
    if (found.index + needle.length <= end) {
      rows.add(row);
      pattern.lastIndex = end;
    } else pattern.lastIndex = found.index + 1;
  }
  return (index) => rows.has(index);
}
