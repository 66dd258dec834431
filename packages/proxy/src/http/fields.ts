import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** One header or trailer field. `lower` is the name as it is compared, `name` as it was written. */
export interface Field {
  readonly name: string;
  readonly lower: string;
  readonly value: string;
}

/**
 * Parses field lines, each ended by CRLF, by the letter of RFC 9112, 5: no folded lines, no space before the colon, no
 * control characters (a bare CR or LF is one), nothing outside a token in a name.
 */
export function parseFields(block: string): readonly Field[] {
  return new FieldsParser().parse(block);
}

/**
 * Parses the blocks of one connection. Of what a client sends again and again mostly a line or two are new, such as a trace's:
 * a line that stands where it stood in the block before is not parsed again.
 */
export class FieldsParser {
  /** With their ends, so that one which begins alike and goes on is another. */
  #lines: string[] = [];
  #fields: readonly Field[] = [];

  parse(block: string): readonly Field[] {
    const lines: string[] = [];
    const fields: Field[] = [];
    for (let start = 0; start < block.length; ) {
      const line = this.#lineAt(block, start, fields.length);
      if (fields.length === LIMITS.fields) throw new ProxyError('head-too-large', `over ${LIMITS.fields} fields`);
      const known = line === this.#lines[fields.length] ? this.#fields[fields.length] : undefined;
      fields.push(known ?? parseField(line.slice(0, -END.length)));
      lines.push(line);
      start += line.length;
    }
    this.#lines = lines;
    this.#fields = fields;
    return fields;
  }

  #lineAt(block: string, start: number, nth: number): string {
    const known = this.#lines[nth];
    if (known !== undefined && block.startsWith(known, start)) return known;
    const end = block.indexOf(END, start);
    if (end < 0) throw new ProxyError('bad-request', 'a header line does not end with CRLF');
    return block.slice(start, end + END.length);
  }
}

const END = '\r\n';

export function serialiseFields(fields: readonly Field[]): string {
  let text = '';
  for (const { name, value } of fields) text += `${name}: ${value}\r\n`;
  return text;
}

/** The value of a field in a serialised block of them. `name` is lower case. */
export function fieldValue(block: string, name: string): string | undefined {
  for (const line of block.split('\r\n')) {
    if (line.slice(0, name.length).toLowerCase() === name && line.startsWith(': ', name.length)) {
      return line.slice(name.length + 2);
    }
  }
  return undefined;
}

/** By name, in lower case; several lines of one name are one value (RFC 9110, 5.3). */
export function fieldValues(fields: readonly Field[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const { lower, value } of fields) {
    const before = values.get(lower);
    values.set(lower, before === undefined ? value : `${before}, ${value}`);
  }
  return values;
}

export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** Members of a comma-separated list, lower case, empty ones left out (RFC 9110, 5.6.1). */
export function listOf(value: string): readonly string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((member) => trimBlanks(member))
    .filter((member) => member !== '');
}

function parseField(line: string): Field {
  const colon = line.indexOf(':');
  return fieldOf(line.slice(0, Math.max(colon, 0)), line.slice(colon + 1));
}

/** A field of this name and value, where both have only what they may have. */
export function fieldOf(name: string, text: string): Field {
  if (!TOKEN.test(name)) throw new ProxyError('bad-request', 'a header field has no valid name');
  const value = trimBlanks(text);
  if (FORBIDDEN.test(value)) throw new ProxyError('bad-request', `${name} has a control character in its value`);
  return { name, lower: name.toLowerCase(), value };
}

/** `trim` also cuts bytes such as 0xA0, which are part of a value here. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;
