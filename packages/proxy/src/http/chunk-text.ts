import { type Field, serialiseFields } from './fields.ts';

/** What stands before the bytes of a chunk (RFC 9112, 7.1). */
export function chunkStart(length: number): string {
  return `${length.toString(16)}\r\n`;
}

export const CHUNK_END = '\r\n';

/** The end of a chunked body. */
export function lastChunk(trailers: readonly Field[]): string {
  return trailers.length === 0 ? '0\r\n\r\n' : `0\r\n${serialiseFields(trailers)}\r\n`;
}
