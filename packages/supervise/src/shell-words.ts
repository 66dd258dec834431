/**
 * Splits a shell command into its simple commands, and these into words: enough of the POSIX grammar to find program names.
 * What needs more (functions, `case`, here-documents) ends the list early: better to know less than to claim wrongly.
 */
export function simpleCommands(command: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  for (const token of tokens(command)) {
    if (token.kind === 'beyond') {
      commands.pop();
      break;
    }
    if (token.kind === 'separator') commands.push([]);
    else commands.at(-1)?.push(token.text);
  }
  return commands.filter((words) => words.length > 0);
}

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'separator' }
  /** More of the grammar than is understood here. */
  | { readonly kind: 'beyond' };

const BLANK = /[ \t]+|\\\n/y;
const COMMENT = /#[^\n]*/y;
const BEYOND = /<<|\(\s*\)|case(?=\s)/y;
const REDIRECTION = /\d*(?:>>|>\||<>|[<>]&?)[ \t]*(?:"[^"]*"|'[^']*'|[^\s;&|()<>])*/y;
const SEPARATOR = /&&|\|\||;;|[;&|()\n]/y;
/** Plain, escaped, quoted, or a substitution (not nested) that stays as it is. */
const WORD = /(?:\$\([^)]*\)|`[^`]*`|\$\{[^}]*\}|\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s;&|()<>"'\\`])+/y;

function* tokens(command: string): Generator<Token> {
  for (let at = 0; at < command.length; ) {
    const match = (pattern: RegExp): string | undefined => {
      pattern.lastIndex = at;
      const text = pattern.exec(command)?.[0];
      at += text?.length ?? 0;
      return text;
    };
    if (match(BLANK) ?? match(COMMENT)) continue;
    if (match(BEYOND)) yield { kind: 'beyond' };
    if (match(REDIRECTION)) continue;
    if (match(SEPARATOR)) {
      yield { kind: 'separator' };
      continue;
    }
    const word = match(WORD);
    yield word === undefined ? { kind: 'beyond' } : { kind: 'word', text: unquoted(word) };
    if (word === undefined) return;
  }
}

function unquoted(word: string): string {
  return word.replaceAll(/'([^']*)'|"((?:\\[\s\S]|[^"\\])*)"|\\([\s\S])/g, (_, single, double, escaped) => {
    return single ?? double?.replaceAll(/\\([$`"\\])/g, '$1') ?? escaped;
  });
}
