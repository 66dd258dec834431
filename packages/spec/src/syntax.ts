import { type Document, isCollection, isScalar, visit, type YAMLParseError, type YAMLWarning } from 'yaml';
import { own } from './own.ts';

/** A mistake of YAML itself, in the words of whoever wrote the file. */
export interface SyntaxProblem {
  readonly offset: number;
  readonly message: string;
  readonly hint: string | undefined;
  /** What the file holds beyond it can't be trusted. */
  readonly isFatal: boolean;
}

/**
 * What a parser of YAML complains of, said where it was made.
 *
 * A bracket or a quote that is never closed swallows what follows, so the parser notices it lines later, or at the end
 * of the file, and blames the indentation there. What was opened is what the person has to look at. Whatever comes
 * after an open quote is inside of it and says nothing. So it is with a bracket too many: for the parser the document
 * ends there. And of one line the first complaint is enough, the others follow from it.
 */
export function syntaxProblems(document: Document.Parsed, text: string): readonly SyntaxProblem[] {
  const found = [...document.errors, ...document.warnings];
  const isLast = (error: Complaint) => isOpenQuote(error) || isPastEnd(error) || isBraceInValue(error, text);
  const end = Math.min(...found.filter(isLast).map(({ pos: [offset] }) => offset));
  const told = {
    text,
    codes: new Set(found.map(({ code }) => code)),
    open: found.some(isNeverClosed) ? lastOpen(document, text) : undefined,
  };
  const problems = found
    .filter((error) => error.pos[0] < end || (error.pos[0] === end && isLast(error)))
    .map((error) => problemOf(error, told));
  const byLine = Map.groupBy(problems, ({ offset, isFatal }) => (isFatal ? lineStart(text, offset) : -1 - offset));
  return [...byLine.values()].flatMap(([first]) => first ?? []);
}

type Complaint = YAMLParseError | YAMLWarning;

interface Told {
  readonly text: string;
  readonly codes: ReadonlySet<string>;
  /** Where the innermost of what was opened and not closed begins. */
  readonly open: number | undefined;
}

function problemOf(error: Complaint, { text, codes, open }: Told): SyntaxProblem {
  const { code, message, pos } = error;
  const [offset] = pos;
  if (open !== undefined && isNeverClosed(error)) {
    const sign = text[open] ?? '';
    return { offset: open, message: `${sign} is never closed`, hint: `close it with ${CLOSERS[sign]}`, isFatal: true };
  }
  if (isBraceInValue(error, text)) return braceInValue(offset, text);
  const [words, hint] = own(HELP, kindOf(error, codes)) ?? [message, undefined];
  return { offset, message: words, hint, isFatal: code !== 'DUPLICATE_KEY' };
}

function kindOf({ code, message }: Complaint, codes: ReadonlySet<string>): string {
  // A key over two lines is a line without a colon, unless its value goes on in the next one, as a section would.
  const isBoth = codes.has('BLOCK_AS_IMPLICIT_KEY') && codes.has('MULTILINE_IMPLICIT_KEY');
  if (isBoth && (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY')) return 'DEEPER';
  if (code === 'MISSING_CHAR' && message.startsWith('Implicit')) return 'MULTILINE_IMPLICIT_KEY';
  if (code === 'MISSING_CHAR' && message.startsWith('Missing , ')) return 'BLOCK_IN_FLOW';
  return code;
}

function isNeverClosed(error: Complaint): boolean {
  return isOpenQuote(error) || error.message.startsWith('Flow ');
}

function isOpenQuote({ code, message }: Complaint): boolean {
  return code === 'MISSING_CHAR' && message.startsWith('Missing closing');
}

function isPastEnd({ message }: Complaint): boolean {
  return message.includes('token in YAML stream');
}

/** Between braces or brackets, `${port}` and `/orders/{id}` end at their own brace, where no quotes say otherwise. */
function isBraceInValue({ code, pos: [offset] }: Complaint, text: string): boolean {
  const mayBe = (code === 'UNEXPECTED_TOKEN' || code === 'MISSING_CHAR') && text[offset] === '{';
  const beginning = beginningOf(offset, text);
  return mayBe && beginning !== '' && !/^["']|[\s:]$/.test(beginning);
}

function braceInValue(offset: number, text: string): SyntaxProblem {
  const beginning = beginningOf(offset, text);
  const [rest] = /^(\{[^{}\n]*\}[^,{}[\]\n]*)+/.exec(text.slice(offset)) ?? [];
  const hint = rest === undefined ? 'quote the value' : `quote the value: "${beginning}${rest.trimEnd()}"`;
  const message = 'between { } or [ ] a value with a brace needs quotes';
  return { offset: offset - beginning.length, message, hint, isFatal: true };
}

/** What stands before it in its line and belongs to the same value. */
function beginningOf(offset: number, text: string): string {
  return text.slice(lineStart(text, offset), offset).replace(/^(.*([{[,]|:\s)|\s*-\s)?\s*/, '');
}

const CLOSERS: Readonly<Record<string, string>> = { '{': '}', '[': ']', '"': '"', "'": "'" };

/** Where the innermost of what was opened and not closed begins. */
function lastOpen(document: Document.Parsed, text: string): number | undefined {
  let last: number | undefined;
  visit(document, {
    Node: (_, node) => {
      const [start, end] = node.range ?? [0, 0];
      const closer = CLOSERS[text[start] ?? ''];
      const mayOpen = isCollection(node) ? node.flow === true : isScalar(node) && node.type?.startsWith('QUOTE');
      if (!mayOpen || closer === undefined) return;
      if (end - start < 2 || text[end - 1] !== closer) last = start;
    },
  });
  return last;
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Words for the mistakes that people make most; the others keep the parser's. */
const HELP: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  DUPLICATE_KEY: ['this key stands twice in its section', 'keep one of the two'],
  BAD_INDENT: [
    'this line is not indented as the others of its section',
    'let all keys of a section begin in one column',
  ],
  DEEPER: [
    'this is a value already, and the next line is indented as if it were a section',
    'let both lines begin in one column',
  ],
  MULTILINE_IMPLICIT_KEY: ['this line has no ": "', 'write it as "key: value", with a space after the colon'],
  TAB_AS_INDENT: ['a tab indents this line', 'indent with spaces'],
  MULTIPLE_DOCS: ['a second document begins here', 'keep one document to a file; remove the "---"'],
  TAG_RESOLVE_FAILED: ['this tag means nothing here', 'remove the "!…"'],
  BLOCK_AS_IMPLICIT_KEY: ['a second ": " on one line', 'quote the value, or begin a new line'],
  BLOCK_IN_FLOW: ['two values without a comma between them', 'put a comma between them, or quote the value'],
  BAD_SCALAR_START: ["this character can't begin a value", 'quote the value'],
  BAD_DQ_ESCAPE: ['"\\" means something else between double quotes', 'write "\\\\", or use single quotes'],
  UNEXPECTED_TOKEN: ['this is more than can stand here', 'remove it, or quote the whole value'],
};
