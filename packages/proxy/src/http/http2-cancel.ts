import { addAbortSignal, PassThrough } from 'node:stream';

/**
 * What a stream of HTTP/2 is destroyed with to be reset. The runtime's `stream.close(code)` is no way to break off: it ends
 * the writing side first, so that the peer takes half a body for a whole one, and only then hears of a reset. Destroyed with
 * an error, a stream sends the reset alone: INTERNAL_ERROR, or CANCEL where the error is the runtime's own AbortError, of
 * which it gives no constructor.
 */
export const CANCELLED: Error = abortError();

export const BROKEN: Error = new Error('the rest of this stream will not come');

function abortError(): Error {
  const stream = new PassThrough();
  stream.on('error', () => undefined);
  addAbortSignal(AbortSignal.abort(), stream);
  if (stream.errored === null) throw new Error('this runtime does not abort streams');
  return stream.errored;
}
