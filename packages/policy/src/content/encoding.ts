import type { CompressSpec, ContentCoding } from '@islet/spec';

/**
 * The coding that a client likes best of those that are offered (RFC 9110, 12.5.3); undefined: none, or none better
 * than the response as it is. Among equals the first offered is taken. A client that says nothing gets the response as
 * it is: it may accept anything, and mostly understands nothing.
 */
export function negotiateCoding(
  acceptEncoding: string | undefined,
  offered: readonly ContentCoding[],
): ContentCoding | undefined {
  if (acceptEncoding === undefined) return undefined;
  const weights = weightsOf(acceptEncoding);
  const others = weights.get('*');
  const weightOf = (coding: ContentCoding) =>
    weights.get(coding) ?? (coding === 'gzip' ? weights.get('x-gzip') : undefined);
  let best: ContentCoding | undefined;
  // What a client names nowhere it accepts as it is, but likes any coding that it names no less.
  let bestWeight = weights.get('identity') ?? 0;
  for (const coding of offered) {
    const weight = weightOf(coding) ?? others ?? 0;
    if (weight === 0 || weight < bestWeight || (weight === bestWeight && best !== undefined)) continue;
    best = coding;
    bestWeight = weight;
  }
  return best;
}

/** Names in lower case with their weights; what can't be read weighs nothing. */
function weightsOf(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const member of acceptEncoding.toLowerCase().split(',')) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
    if (name === '') continue;
    const q = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
    weights.set(name, q === undefined ? 1 : WEIGHT.test(q) ? Number(q) : 0);
  }
  return weights;
}

const WEIGHT = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/;

/** What of a response decides whether it gains by compression. */
export interface CompressibleResponse {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly cacheControl: string | undefined;
  /** Undefined: not known beforehand. */
  readonly length: number | undefined;
}

/**
 * Whether a response may be compressed: its kind gains by it, it is long enough, nobody has compressed it yet, and it
 * does not forbid it (`no-transform`, RFC 9110, 7.7). A part keeps its bytes, and so do a stream of events, which must
 * not wait in an encoder, and a gRPC call, whose messages have a compression of their own.
 */
export function isCompressible(response: CompressibleResponse, { types, minBytes }: CompressSpec): boolean {
  const { status, contentType, contentEncoding, cacheControl, length } = response;
  if (status < 200 || status === 204 || status === 206 || status === 304) return false;
  if (contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity') return false;
  if (length !== undefined && length < minBytes) return false;
  if (/(?:^|[\s,])no-transform(?:$|[\s,;])/i.test(cacheControl ?? '')) return false;
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return !STREAM.test(type) && types.some((pattern) => isOfType(type, pattern));
}

const STREAM = /^(?:text\/event-stream|application\/grpc(?:\+.*)?)$/;

/** `text/*` is any text. */
function isOfType(type: string, pattern: string): boolean {
  return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
}
