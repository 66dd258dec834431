import { ChunkedReader } from './chunked-reader.ts';
import type { Field } from './fields.ts';
import type { Framing } from './framing.ts';

/** Where a body goes. The bytes are a view that is only valid during the call. */
export interface BodySink {
  onBody(bytes: Buffer): void;
  onBodyEnd(trailers: readonly Field[]): void;
}

export interface BodyReader {
  /** Reads from `start`; returns where it stopped: the end of the body, or `end`. */
  read(bytes: Buffer, start: number, end: number, sink: BodySink): number;
  readonly done: boolean;
}

/** A reader for a body of this framing; undefined where there is none to read. */
export function bodyReader(framing: Framing): BodyReader | undefined {
  switch (framing.kind) {
    case 'none':
      return undefined;
    case 'length':
      return framing.length === 0 ? undefined : new LengthReader(framing.length);
    case 'chunked':
      return new ChunkedReader();
    case 'close':
      return new CloseReader();
  }
}

class LengthReader implements BodyReader {
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  get done(): boolean {
    return this.#left === 0;
  }

  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    const stop = Math.min(end, start + this.#left);
    this.#left -= stop - start;
    if (stop > start) sink.onBody(bytes.subarray(start, stop));
    if (this.#left === 0) sink.onBodyEnd([]);
    return stop;
  }
}

/** Its end is the connection's, which the owner of the connection tells the sink. */
class CloseReader implements BodyReader {
  readonly done = false;

  read(bytes: Buffer, start: number, end: number, sink: BodySink): number {
    if (end > start) sink.onBody(bytes.subarray(start, end));
    return end;
  }
}
