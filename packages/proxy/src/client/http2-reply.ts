import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { http2Fields, knownFields, trailersRaw } from '../http/http2-fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { SessionStream } from '../http2/stream.ts';
import { mayBeKept } from '../upstream/read-buffers.ts';
import type { HeadOptions, Reply } from './reply.ts';

/** A response as HTTP/2 writes it, to one stream. */
export class Http2Reply implements Reply {
  /** A stream ends alone. */
  readonly close = false;
  /** Its client keeps the body back until it is told to send it. */
  awaitsContinue = false;
  readonly #stream: SessionStream;
  /** What the next flush sends. */
  #head: ResponseHead | undefined;
  #fields = '';
  #pieces: Buffer[] = NONE;
  #trailers: readonly Field[] | undefined;
  #state: 'unsent' | 'begun' | 'ended' = 'unsent';
  #mayEndInTrailers = false;
  #drained = true;

  constructor(stream: SessionStream) {
    this.#stream = stream;
  }

  addInformational({ status, passed }: ResponseHead): void {
    // Others are told to go on by their window.
    if (status === 100 && !this.awaitsContinue) return;
    if (status === 100) this.awaitsContinue = false;
    this.#stream.head([':status', String(status), ...http2Fields(passed)], false);
  }

  addSwitch(): void {
    throw new ProxyError('bad-response', 'HTTP/2 has no 101');
  }

  addHead(head: ResponseHead, { fields }: HeadOptions): void {
    this.#head = head;
    this.#fields = fields;
  }

  addBody(bytes: Buffer): void {
    if (this.#pieces.length === 0) this.#pieces = [bytes];
    else this.#pieces.push(bytes);
  }

  addEnd(trailers: readonly Field[]): void {
    this.#trailers = trailers;
  }

  flush(): boolean {
    if (this.#head !== undefined) this.#begin(this.#head);
    const pieces = this.#pieces;
    this.#pieces = NONE;
    for (const bytes of pieces) this.#drained = this.#stream.data(bytes, mayBeKept(bytes));
    if (this.#trailers !== undefined && this.#state === 'begun') this.#end(this.#trailers);
    return this.#drained;
  }

  onDrain(): void {
    this.#drained = true;
  }

  get hasBegun(): boolean {
    return this.#state !== 'unsent';
  }

  /** Whether a response that has begun can still end in trailers. A length says nothing of them, but gRPC's have its status. */
  get takesTrailers(): boolean {
    return this.#state === 'begun' && this.#mayEndInTrailers;
  }

  #begin({ status, passed, framing, toldLength, streams }: ResponseHead): void {
    this.#head = undefined;
    const raw = [':status', String(status), ...knownFields(passed), ...http2Fields(this.#fields)];
    const length = framing.kind === 'length' ? framing.length : toldLength;
    if (length !== undefined) raw.push('content-length', String(length));
    this.#mayEndInTrailers = framing.kind === 'chunked' || streams;
    const isAll = this.#trailers?.length === 0 && this.#pieces.length === 0;
    this.#state = isAll ? 'ended' : 'begun';
    this.#stream.head(raw, isAll);
  }

  #end(trailers: readonly Field[]): void {
    this.#state = 'ended';
    this.#stream.end(trailersRaw(trailers));
  }
}

const NONE: Buffer[] = [];
