import { type Field, fieldOf } from './fields.ts';
import { passedTrailers } from './trailers.ts';

/**
 * Fields of HTTP/2 come as names and values in turn, decoded; those that are passed on are kept as HTTP/1.1 writes them.
 * What one wire brought is written to the other only after the same checks, so that a value which is harmless in HTTP/2
 * (a line break, a second length) can't become something else in HTTP/1.1 (RFC 9113, 8.2 and 10.3).
 */
export interface Http2Fields {
  /** Pseudo-header fields, by their names without the colon. */
  readonly pseudo: ReadonlyMap<string, string>;
  readonly fields: readonly Field[];
}

export function readHttp2Fields(raw: readonly string[]): Http2Fields {
  const pseudo = new Map<string, string>();
  const fields: Field[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const [name = '', value = ''] = raw.slice(at, at + 2);
    if (name.startsWith(':')) pseudo.set(name.slice(1), value);
    else fields.push(fieldOf(name, value));
  }
  return { pseudo, fields };
}

export function readHttp2Trailers(raw: readonly string[]): readonly Field[] {
  return passedTrailers(readHttp2Fields(raw).fields);
}

/** Names, in lower case, and values in turn, of a block of fields whose lines end with CRLF. */
export function http2Fields(block: string): string[] {
  const raw: string[] = [];
  for (let start = 0; start < block.length; ) {
    const end = block.indexOf('\r\n', start);
    const colon = block.indexOf(':', start);
    raw.push(block.slice(start, colon).toLowerCase(), block.slice(colon + 2, end));
    start = end + 2;
  }
  return raw;
}

/** As `http2Fields`, for a block that mostly comes again: that of a head which is known. */
export function knownFields(block: string): readonly string[] {
  const at = known.blocks.indexOf(block);
  const list = at < 0 ? undefined : known.lists[at];
  if (list !== undefined) return list;
  const made = http2Fields(block);
  known.blocks[known.next] = block;
  known.lists[known.next] = made;
  known.next = (known.next + 1) % MOST_KNOWN;
  return made;
}

const MOST_KNOWN = 16;
const known: { readonly blocks: string[]; readonly lists: (readonly string[])[]; next: number } = {
  blocks: [],
  lists: [],
  next: 0,
};

/** As `http2Fields`, for trailers. */
export function trailersRaw(trailers: readonly Field[]): readonly string[] {
  if (last.trailers !== trailers) {
    last.trailers = trailers;
    last.raw = trailers.flatMap(({ lower, value }) => [lower, value]);
  }
  return last.raw;
}

/** Most calls of gRPC end alike. */
const last: { trailers: readonly Field[]; raw: readonly string[] } = { trailers: [], raw: [] };
