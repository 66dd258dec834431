import type { Node } from 'libpg-query';
import { LIMITS } from '../options.ts';

/** A statement as PostgreSQL's own parser understands it. */
export interface ParsedStatement {
  readonly node: Node;
  /** Without what surrounds it. */
  readonly text: string;
  /** Where it begins in the file; the first line is 1. */
  readonly line: number;
}

export type ParsedSql =
  | { readonly kind: 'parsed'; readonly statements: readonly ParsedStatement[] }
  /** The server may understand more, or say better what is wrong: it decides. */
  | { readonly kind: 'unread'; readonly reason: string };

/** The parser is PostgreSQL 18's, compiled to WebAssembly; it counts in bytes of UTF-8. */
export async function parseSql(sql: string): Promise<ParsedSql> {
  const bytes = Buffer.from(sql);
  if (bytes.length > LIMITS.parseBytes)
    return { kind: 'unread', reason: `it is larger than ${LIMITS.parseBytes} bytes` };
  if (sql.trim() === '') return { kind: 'parsed', statements: [] };
  // Loaded where it is needed: it reserves over a hundred megabytes, also in the process that only makes backups.
  const { hasSqlDetails, parse } = await import('libpg-query');
  try {
    const { stmts = [] } = await parse(sql);
    const statements = stmts.flatMap(({ stmt, stmt_location: from = 0, stmt_len: length }) => {
      if (stmt === undefined) return [];
      const raw = bytes.subarray(from, length ? from + length : undefined).toString();
      const before = bytes.subarray(0, from).toString();
      const text = raw.replace(LEADING, '');
      const lead = raw.slice(0, raw.length - text.length);
      return [{ node: stmt, text: text.trimEnd(), line: `${before}${lead}`.split('\n').length }];
    });
    return { kind: 'parsed', statements };
  } catch (error) {
    if (!hasSqlDetails(error)) throw error;
    return { kind: 'unread', reason: error.message };
  }
}

/** Space and comments before a statement, which the parser counts as part of it. */
const LEADING = /^(?:\s+|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/;
