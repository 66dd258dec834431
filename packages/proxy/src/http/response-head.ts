import { ProxyError } from '../errors.ts';
import { hopByHop } from './connection-options.ts';
import { type Field, parseFields, serialiseFields } from './fields.ts';
import { declaredFraming, type Framing, NO_BODY } from './framing.ts';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly framing: Framing;
  /** The length that a response to HEAD, or a 304, only tells of. */
  readonly toldLength: number | undefined;
  /** How long the connection may be kept idle, by its own word; undefined: nothing was said. 0: it ends now. */
  readonly keepAliveMs: number | undefined;
  readonly upgrade: string | undefined;
  readonly retryAfter: string | undefined;
  /** End-to-end fields without the framing, re-serialised. */
  readonly passed: string;
}

/** Parses the heads of one connection; remembers the last block of fields, as `RequestHeadParser` does. */
export class ResponseHeadParser {
  #block = '';
  #meaning: FieldsMeaning | undefined;

  parse(text: string, { toHead }: { readonly toHead: boolean }): ResponseHead {
    const lineEnd = text.indexOf('\r\n');
    const { status, reason, http10 } = parseStatusLine(text.slice(0, lineEnd));
    const meaning = this.#meaningOf(text.slice(lineEnd + 2));
    const bodiless = toHead || status < 200 || status === 204 || status === 304;
    const framing = bodiless ? NO_BODY : (meaning.declared ?? { kind: 'close' });
    const tells = (toHead || status === 304) && meaning.declared?.kind === 'length';
    return {
      status,
      reason,
      framing,
      toldLength: tells && meaning.declared?.kind === 'length' ? meaning.declared.length : undefined,
      keepAliveMs: http10 || framing.kind === 'close' ? 0 : meaning.keepAliveMs,
      upgrade: meaning.upgrade,
      retryAfter: meaning.retryAfter,
      passed: meaning.passed,
    };
  }

  #meaningOf(block: string): FieldsMeaning {
    if (this.#meaning !== undefined && this.#block === block) return this.#meaning;
    const meaning = meaningOf(parseFields(block));
    this.#block = block;
    this.#meaning = meaning;
    return meaning;
  }
}

interface FieldsMeaning {
  readonly declared: Framing | undefined;
  readonly keepAliveMs: number | undefined;
  readonly upgrade: string | undefined;
  readonly retryAfter: string | undefined;
  readonly passed: string;
}

function meaningOf(fields: readonly Field[]): FieldsMeaning {
  const connection = hopByHop(fields);
  const value = (name: string) => fields.find((field) => field.lower === name)?.value;
  return {
    declared: declaredFraming(fields),
    keepAliveMs: connection.has('close') ? 0 : timeoutOf(value('keep-alive')),
    upgrade: value('upgrade'),
    retryAfter: value('retry-after'),
    passed: serialiseFields(fields.filter(({ lower }) => !OWN.has(lower) && !connection.has(lower))),
  };
}

function parseStatusLine(line: string): { status: number; reason: string; http10: boolean } {
  const match = STATUS_LINE.exec(line);
  if (match === null) throw new ProxyError('bad-response', 'the response does not begin with a valid status line');
  const [, minor, status, reason = ''] = match;
  return { status: Number(status), reason, http10: minor === '0' };
}

function timeoutOf(keepAlive: string | undefined): number | undefined {
  const seconds = /(?:^|[\s,])timeout=([0-9]{1,6})/i.exec(keepAlive ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

/** These always speak of this proxy, never of one before it. */
const OWN: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'x-islet-error',
  'x-islet-explain',
  'x-islet-fallback',
]);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
