/*
 * Rules about code must not be misled by words in strings and comments, nor need a whole parser. `codeOf` blanks the
 * insides of comments, strings and regular expressions, and keeps every other character at its index, so that a match
 * in the code has its place in the text.
 *
 * A slash begins a regular expression where a value can't have just ended: after an operator, an opening bracket, a
 * closing brace, or a keyword. After `)` it is taken for a division: `if (a) /b/.test(c)` is not written here.
 */

/** The text with the insides of comments, strings and regular expressions replaced by spaces; lines are kept. */
export function codeOf(text: string): string {
  return new Blanker(text).code();
}

/** A module or another literal that the text names, and where. */
export interface Named {
  readonly text: string;
  readonly index: number;
}

/** Everything that the text imports or re-exports by a literal. */
export function importsOf(text: string): readonly Named[] {
  const code = codeOf(text);
  return [...code.matchAll(/\b(?:from\s*|import\s*\(?\s*)(['"])/dg)].flatMap((match) => {
    const index = match.indices?.[1]?.[1] ?? 0;
    const end = code.indexOf(match[1] ?? '', index);
    return end < 0 ? [] : [{ text: text.slice(index, end), index }];
  });
}

/** The insides of all strings without holes, those of imports among them. */
export function stringsOf(text: string): readonly Named[] {
  return [...codeOf(text).matchAll(/(['"`])( *)\1/dg)].map((match) => {
    const [index, end] = match.indices?.[2] ?? [0, 0];
    return { text: text.slice(index, end), index };
  });
}

/** What templates begin with before their first hole: `./worker` of `./worker${extension}`. */
export function templateHeadsOf(text: string): readonly string[] {
  return [...codeOf(text).matchAll(/`( +)\$\{/dg)].map((match) => text.slice(...(match.indices?.[1] ?? [0, 0])));
}

const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//y;
const STRING = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y;
const REGEXP = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//y;
/** Up to the end of the template, or to its next hole. */
const TEMPLATE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;
const BEFORE_REGEXP = /(^|[(,=:[!&|?{};+\-*%<>~^]|\b(return|typeof|case|in|of|do|else|void|await|yield))\s*$/;

class Blanker {
  readonly #text: string;
  #at = 0;
  #out = '';

  constructor(text: string) {
    this.#text = text;
  }

  code(): string {
    while (this.#at < this.#text.length) {
      this.#untilBrace();
      this.#keep(1);
    }
    return this.#out;
  }

  /** Stops before the brace that closes the surrounding hole of a template, or at the end. */
  #untilBrace(): void {
    for (let depth = 0; this.#at < this.#text.length; ) {
      const character = this.#text[this.#at];
      if (character === '}' && depth === 0) return;
      if (this.#blank(COMMENT, 0) || this.#blank(STRING, 1)) continue;
      if (character === '/' && BEFORE_REGEXP.test(this.#out.slice(-40)) && this.#blank(REGEXP, 1)) continue;
      if (character === '`') {
        this.#template();
        continue;
      }
      if (character === '{') depth += 1;
      if (character === '}') depth -= 1;
      this.#keep(1);
    }
  }

  #template(): void {
    this.#keep(1);
    while (this.#blank(TEMPLATE, 0) && this.#text[this.#at] === '$') {
      this.#keep(2);
      this.#untilBrace();
      this.#keep(1);
    }
    this.#keep(1);
  }

  /** Blanks what the pattern matches here, but for `edge` characters at each end. */
  #blank(pattern: RegExp, edge: number): boolean {
    pattern.lastIndex = this.#at;
    const [match] = pattern.exec(this.#text) ?? [];
    if (match === undefined) return false;
    this.#keep(edge);
    const inside = match.length - 2 * edge;
    this.#out += this.#text.slice(this.#at, this.#at + inside).replaceAll(/[^\n]/g, ' ');
    this.#at += inside;
    this.#keep(edge);
    return true;
  }

  #keep(count: number): void {
    this.#out += this.#text.slice(this.#at, this.#at + count);
    this.#at += count;
  }
}
