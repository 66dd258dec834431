import type { Socket } from 'node:net';
import type { Field } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { Output } from './output.ts';
import { informationalText, lastChunk, responseText } from './response-text.ts';

/** The response to one request, as the client gets it. What is added goes out with the next `flush`. */
export class Reply {
  readonly #request: RequestHead;
  readonly #output: Output;
  #continued = false;
  #chunked = false;
  #close = false;

  constructor(request: RequestHead, socket: Socket) {
    this.#request = request;
    this.#output = new Output(socket);
  }

  /** The client's connection ends with it. */
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

  addHead(head: ResponseHead, { close }: { readonly close: boolean }): void {
    this.#close = close;
    const { text, chunked } = responseText(head, { close, http10: this.#request.http10 });
    this.#chunked = chunked;
    this.#output.add(text);
  }

  addBody(bytes: Buffer): void {
    if (this.#chunked) this.#output.add(`${bytes.length.toString(16)}\r\n`);
    this.#output.add(bytes);
    if (this.#chunked) this.#output.add('\r\n');
  }

  addEnd(trailers: readonly Field[]): void {
    if (this.#chunked) this.#output.add(lastChunk(trailers));
  }

  /** Returns false where the instance should pause. */
  flush(): boolean {
    return this.#output.flush();
  }
}
