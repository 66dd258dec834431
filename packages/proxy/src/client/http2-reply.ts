import type { ServerHttp2Stream } from 'node:http2';
import { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import { http2Fields, http2Trailers } from '../http/http2-fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { HeadOptions, Reply } from './reply.ts';

/** A response as HTTP/2 writes it, to one stream. */
export class Http2Reply implements Reply {
  /** A stream ends alone. */
  readonly close = false;
  readonly #stream: ServerHttp2Stream;
  /** What the next flush sends. */
  #head: ResponseHead | undefined;
  #pieces: Buffer[] = [];
  #trailers: readonly Field[] | undefined;
  #endsInTrailers = false;
  #owesTrailers = false;
  #whenSent: (() => void) | undefined;

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  addInformational({ status, passed }: ResponseHead): void {
    // A client of HTTP/2 is told to go on by its window.
    if (status === 100 || this.#stream.destroyed) return;
    const raw = http2Fields(passed);
    const fields: Record<string, string | number> = { ':status': status };
    for (let at = 0; at + 1 < raw.length; at += 2) fields[raw[at] ?? ''] = raw[at + 1] ?? '';
    this.#stream.additionalHeaders(fields);
  }

  addSwitch(): void {
    throw new ProxyError('bad-response', 'HTTP/2 has no 101');
  }

  addHead(head: ResponseHead, { fields }: HeadOptions): void {
    this.#head = { ...head, passed: head.passed + fields };
  }

  addBody(bytes: Buffer): void {
    this.#pieces.push(bytes);
  }

  addEnd(trailers: readonly Field[]): void {
    this.#trailers = trailers;
  }

  flush(): boolean {
    const stream = this.#stream;
    if (stream.destroyed) return true;
    const body = this.#take();
    const trailers = this.#trailers;
    if (this.#head !== undefined && this.#begin(this.#head, body)) return true;
    if (trailers === undefined) {
      if (body !== undefined) stream.write(body);
    } else if (body !== undefined) stream.end(body);
    else stream.end();
    return !stream.writableNeedDrain;
  }

  /** Whether a response that has begun can still end in trailers. */
  get takesTrailers(): boolean {
    return this.#endsInTrailers && this.#trailers === undefined;
  }

  /** Acts once the trailers are on their way: the codec asks for them after all else, and a stream that is closed has none. */
  whenSent(act: () => void): void {
    if (this.#owesTrailers) this.#whenSent = act;
    else act();
  }

  /** Sends the head; returns whether that is all of the response. */
  #begin({ status, passed, framing, toldLength, streams }: ResponseHead, body: Buffer | undefined): boolean {
    this.#head = undefined;
    const raw = [':status', String(status), ...http2Fields(passed)];
    const length = framing.kind === 'length' ? framing.length : toldLength;
    if (length !== undefined) raw.push('content-length', String(length));
    const isAll = this.#trailers?.length === 0 && body === undefined;
    // A length says nothing of trailers, and those of a gRPC call have its status.
    const mayEndInTrailers = framing.kind === 'chunked' || streams;
    this.#endsInTrailers = this.#trailers === undefined ? mayEndInTrailers : this.#trailers.length > 0;
    this.#owesTrailers = this.#endsInTrailers;
    if (this.#endsInTrailers) this.#stream.once('wantTrailers', () => this.#sendTrailers());
    this.#stream.respond(raw, { endStream: isAll, waitForTrailers: this.#endsInTrailers });
    return isAll;
  }

  #sendTrailers(): void {
    if (this.#trailers !== undefined) this.#stream.sendTrailers(http2Trailers(this.#trailers));
    this.#owesTrailers = false;
    if (this.#whenSent !== undefined) setImmediate(this.#whenSent);
  }

  /** The pieces are views of a read buffer that will be written again: this makes the one copy there is. */
  #take(): Buffer | undefined {
    const pieces = this.#pieces;
    if (pieces.length === 0) return undefined;
    this.#pieces = [];
    return Buffer.concat(pieces);
  }
}
