import { ProxyError } from '../errors.ts';
import type { Field } from './fields.ts';

/** How far a message's body reaches (RFC 9112, 6.3). Only a response may end by the close of its connection. */
export type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  | { readonly kind: 'close' };

export const NO_BODY: Framing = { kind: 'none' };

/**
 * The framing that the fields declare; undefined where they declare none. Whatever two parsers could read in two ways is
 * refused: both fields at once, a repeated length, a sign, any coding but a single `chunked`.
 */
export function declaredFraming(fields: readonly Field[]): Framing | undefined {
  const lengths = fields.filter((field) => field.lower === 'content-length');
  const codings = fields.filter((field) => field.lower === 'transfer-encoding');
  const [length] = lengths;
  const [coding] = codings;
  if (length !== undefined && coding !== undefined) {
    throw new ProxyError('bad-request', 'Content-Length and Transfer-Encoding exclude each other');
  }
  if (coding !== undefined) {
    if (codings.length > 1 || coding.value.toLowerCase() !== 'chunked') {
      throw new ProxyError('bad-request', 'the only Transfer-Encoding understood is a single chunked');
    }
    return { kind: 'chunked' };
  }
  if (length === undefined) return undefined;
  if (lengths.length > 1 || !DIGITS.test(length.value)) {
    throw new ProxyError('bad-request', 'Content-Length must be one number');
  }
  return { kind: 'length', length: Number(length.value) };
}

/** At most 15 digits: exact as a number, and far beyond any body. */
const DIGITS = /^[0-9]{1,15}$/;
