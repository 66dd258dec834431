/**
 * Cuts MariaDB's SQL into statements, as its own client does: at each semicolon that stands outside of a comment, a string and
 * a quoted name. A routine's body holds semicolons too, so a line `DELIMITER //` says what ends the statements after it.
 */
export function splitStatements(sql: string): readonly Statement[] {
  const statements: Statement[] = [];
  let delimiter = ';';
  let start: number | undefined;
  const end = (at: number) => {
    if (start !== undefined) statements.push({ text: sql.slice(start, at).trimEnd(), line: lineOf(sql, start) });
    start = undefined;
  };
  for (let at = 0; at < sql.length; ) {
    const directive = start === undefined ? DIRECTIVE.exec(rest(sql, at)) : null;
    if (directive !== null) {
      delimiter = directive[1] ?? ';';
      at += directive[0].length;
    } else if (sql.startsWith(delimiter, at)) {
      end(at);
      at += delimiter.length;
    } else {
      TOKEN.lastIndex = at;
      const token = TOKEN.exec(sql)?.[0] ?? sql.charAt(at);
      if (!isSpaceOrComment(token)) start ??= at;
      at += token.length;
    }
  }
  end(sql.length);
  return statements;
}

export interface Statement {
  /** Without the comments before it and what ends it. */
  readonly text: string;
  /** Where it begins; the first line is 1. */
  readonly line: number;
}

const DIRECTIVE = /^delimiter[ \t]+(\S+)[^\n]*/i;
/** Longest of a directive. */
const DIRECTIVE_LENGTH = 100;

function rest(sql: string, at: number): string {
  return sql.slice(at, at + DIRECTIVE_LENGTH);
}

/** In the order in which they are tried; one that is never closed reaches to the end of the text. */
const TOKEN = new RegExp(
  [
    /\s+/,
    /--(?=\s|$)[^\n]*/, // two dashes are a comment only before a space
    /#[^\n]*/,
    /\/\*(?!M?!).*?(?:\*\/|$)/, // what begins with /*! or /*M! is run
    /'(?:[^'\\]|\\.|'')*(?:'|$)/,
    /"(?:[^"\\]|\\.|"")*(?:"|$)/,
    /`(?:[^`]|``)*(?:`|$)/,
    /\w+/,
    /./,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gsy',
);

function isSpaceOrComment(token: string): boolean {
  return /^(\s|--\s|--$|#|\/\*)/.test(token) && !/^\/\*M?!/.test(token);
}

function lineOf(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
