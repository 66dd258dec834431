import { CHUNK_END, chunkStart, lastChunk } from '../http/chunk-text.ts';
import type { Field } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { Output } from './output.ts';
import type { HeadOptions, Reply } from './reply.ts';
import { informationalText, responseText } from './response-text.ts';

/** A response as HTTP/1.1 writes it. */
export class Http1Reply implements Reply {
  readonly #request: RequestHead;
  readonly #output: Output;
  #continued = false;
  #chunked = false;
  #close = false;

  constructor(request: RequestHead, output: Output) {
    this.#request = request;
    this.#output = output;
  }

  get close(): boolean {
    return this.#close;
  }

  addInformational(head: ResponseHead): void {
    if (this.#request.http10 || (head.status === 100 && this.#continued)) return;
    this.#continued ||= head.status === 100;
    this.#output.add(informationalText(head));
  }

  addSwitch(head: ResponseHead): void {
    this.#output.add(informationalText(head));
  }

  addHead(head: ResponseHead, { close, fields }: HeadOptions): void {
    this.#close = close;
    const { http10, method } = this.#request;
    const { start, rest, chunked } = responseText(head, { close, fields, http10, toHead: method === 'HEAD' });
    this.#chunked = chunked;
    this.#output.add(start);
    this.#output.add(rest);
  }

  addBody(bytes: Buffer): void {
    if (this.#chunked) this.#output.add(chunkStart(bytes.length));
    this.#output.add(bytes);
    if (this.#chunked) this.#output.add(CHUNK_END);
  }

  addEnd(trailers: readonly Field[]): void {
    if (this.#chunked) this.#output.add(lastChunk(trailers));
  }

  flush(): boolean {
    return this.#output.flush();
  }
}
