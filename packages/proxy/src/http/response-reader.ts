import { ProxyError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type BodyReader, type BodySink, bodyReader } from './body-reader.ts';
import { CommonHeads } from './common-heads.ts';
import { HeadReader } from './head-reader.ts';
import { parseResponseHead, type ResponseHead } from './response-head.ts';

export interface ResponseSink extends BodySink {
  /** A 1xx response; a final one follows, unless it is 101. */
  onInformational(head: ResponseHead): void;
  onHead(head: ResponseHead): void;
}

/** Reads the responses of one connection, one at a time. Whatever it can't understand is a `bad-response`. */
export class ResponseReader {
  readonly #usual = new HeadReader(usual, COMMON);
  #heads = this.#usual;
  #state: 'idle' | 'head' | 'body' | 'switched' = 'idle';
  #body: BodyReader | undefined;
  #endsByClose = false;
  #keepAliveMs: number | undefined;
  #informational = 0;
  #awaitsContinue = false;

  /** How long the connection may be kept idle, by the word of the last response. */
  get keepAliveMs(): number | undefined {
    return this.#keepAliveMs;
  }

  /** All of the response has been read. */
  get isOver(): boolean {
    return this.#state === 'idle';
  }

  /** Prepares for the response to a request of this method. `awaitsContinue`: it asks to be told when its body is read. */
  expect(method: string, awaitsContinue = false): void {
    this.#state = 'head';
    this.#informational = 0;
    this.#awaitsContinue = awaitsContinue;
    this.#heads = method === 'HEAD' ? new HeadReader(toHead) : this.#usual;
    this.#endsByClose = false;
  }

  /** Reads from `start`; returns where it stopped, which is before `end` only after a 101. */
  read(bytes: Buffer, start: number, end: number, sink: ResponseSink): number {
    try {
      let at = start;
      while (at < end && this.#state !== 'switched') at = this.#step(bytes, at, end, sink);
      return at;
    } catch (thrown) {
      throw asBadResponse(thrown);
    }
  }

  /** The connection ended in order; returns whether that is the end of a whole response. */
  end(sink: ResponseSink): boolean {
    if (this.#state !== 'body' || !this.#endsByClose) return false;
    this.#state = 'idle';
    sink.onBodyEnd([]);
    return true;
  }

  #step(bytes: Buffer, at: number, end: number, sink: ResponseSink): number {
    switch (this.#state) {
      case 'head': {
        const read = this.#heads.read(bytes, at, end);
        if (read === undefined) return end;
        this.#onHead(read.head, sink);
        return at + read.length;
      }
      case 'body': {
        const stop = this.#body?.read(bytes, at, end, sink) ?? at;
        if (this.#body?.done !== false) this.#state = 'idle';
        return stop;
      }
      case 'idle':
      case 'switched':
        throw new ProxyError('bad-response', 'the instance sent bytes that belong to no response');
    }
  }

  #onHead(head: ResponseHead, sink: ResponseSink): void {
    if (head.status === 101) this.#state = 'switched';
    if (head.status < 200) {
      this.#onInformational(head, sink);
      return;
    }
    // Whether an instance that refused a body reads it all the same, or takes it for the next request, nobody can know.
    this.#keepAliveMs = this.#awaitsContinue ? 0 : head.keepAliveMs;
    this.#body = bodyReader(head.framing);
    this.#endsByClose = head.framing.kind === 'close';
    this.#state = this.#body === undefined ? 'idle' : 'body';
    sink.onHead(head);
    if (this.#body === undefined) sink.onBodyEnd([]);
  }

  #onInformational(head: ResponseHead, sink: ResponseSink): void {
    if (++this.#informational > LIMITS.informationalHeads) throw TOO_MANY;
    if (head.status === 100) this.#awaitsContinue = false;
    sink.onInformational(head);
  }
}

const TOO_MANY = new ProxyError('bad-response', 'the instance sent too many heads before its response');
const usual = (text: string): ResponseHead => parseResponseHead(text, { toHead: false });
const toHead = (text: string): ResponseHead => parseResponseHead(text, { toHead: true });
const COMMON = new CommonHeads<ResponseHead>({ isSecret: ({ passed }) => /^set-cookie:/im.test(passed) });

function asBadResponse(thrown: unknown): ProxyError {
  const error = ProxyError.from(thrown);
  return error.code === 'internal' ? error : new ProxyError('bad-response', error.message, { cause: thrown });
}
