import { StringDecoder } from 'node:string_decoder';
import { ApiError } from './errors.ts';
import { type Exchange, reachError, send, type Target, whoOf } from './http.ts';

/** The longest line that a stream may have. */
const MAX_LINE_BYTES = 16 * 1024 * 1024;

/** A stream route's values, one JSON value a line, until the server ends, the caller breaks off, or the signal. */
export async function* streamLines(
  target: Target,
  request: Omit<Exchange, 'timeoutMs'>,
): AsyncGenerator<unknown, void, undefined> {
  try {
    const response = await send(target, request);
    for await (const line of linesOf(response as AsyncIterable<Buffer>)) yield JSON.parse(line);
    // A server that dies in the middle of an answer is not the end of the stream.
    if (!response.complete) throw new ApiError('unavailable', `${whoOf(target)} went away`);
  } catch (error) {
    throw reachError(target, error, request.signal);
  }
}

/** Text in whole lines, without their ends and without empty ones. */
export async function* linesOf(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void, undefined> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  for await (const chunk of chunks) {
    const parts = (rest + decoder.write(chunk)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > MAX_LINE_BYTES) throw new ApiError('internal', `a line is longer than ${MAX_LINE_BYTES} bytes`);
    for (const part of parts) if (part !== '') yield part;
  }
  if (rest !== '') yield rest;
}
