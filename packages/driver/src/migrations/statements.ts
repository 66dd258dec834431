/**
 * Cuts SQL into statements at each semicolon that stands outside of a comment, a string, a quoted name and a
 * dollar-quoted body, and inside of no parenthesis.
 *
 * It is a scanner, not a parser: the body of a trigger (SQLite) or of a `BEGIN ATOMIC` function (PostgreSQL) is cut
 * too. Therefore only a file that runs outside of a transaction, where a server takes one statement at a time, is run
 * in these pieces; every other file is run whole, and the pieces only serve to look at how statements begin.
 */
export function splitStatements(sql: string): readonly Statement[] {
  const statements: Statement[] = [];
  let depth = 0;
  let start: number | undefined;
  const end = (at: number) => {
    if (start !== undefined) statements.push({ text: sql.slice(start, at).trimEnd(), line: lineAt(sql, start) });
    start = undefined;
  };
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (token === ';' && depth === 0) {
      end(index);
    } else if (!isSpaceOrComment(token)) {
      start ??= index;
      if (token === '(') depth++;
      if (token === ')') depth = Math.max(0, depth - 1);
    }
  }
  end(sql.length);
  return statements;
}

export interface Statement {
  /** Without the comments before it and the semicolon after it. */
  readonly text: string;
  /** Where it begins; the first line is 1. */
  readonly line: number;
}

/** Of a character's index; the first line is 1. */
export function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** In the order in which they are tried; one that is never closed reaches to the end of the text. */
const TOKEN = new RegExp(
  [
    /\s+/, // space
    /--[^\n]*/, // comment to the end of the line
    /\/\*.*?(?:\*\/|$)/, // comment; a nested one ends early, which is harmless but for a semicolon in it
    /(?<![\w$])[eE]'(?:[^'\\]|\\.|'')*(?:'|$)/, // PostgreSQL's string with escapes
    /'(?:[^']|'')*(?:'|$)/, // string
    /"(?:[^"]|"")*(?:"|$)/, // quoted name
    /\$(?<tag>[A-Za-z_]\w*|)\$.*?(?:\$\k<tag>\$|$)/, // PostgreSQL's dollar-quoted body
    /[\w$]+/, // word
    /./,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gs',
);

function isSpaceOrComment(token: string): boolean {
  return /^(\s|--|\/\*)/.test(token);
}
