import type { ResponseHead } from '../http/response-head.ts';
import type { LongLived } from '../upstream/endpoint.ts';
import type { Attempt } from './attempts.ts';

/**
 * A response that goes on for as long as it likes. Where it is one of server-sent events, it can be ended between two of them:
 * to its client that is an end like any other (HTML, 9.2.3), after which it connects again, says with `Last-Event-ID` what it had
 * last, and gets to another instance. Of nothing else can a client in the middle of it be told to go.
 */
export class OpenStream implements LongLived {
  readonly #hasEvents: boolean;
  readonly #leave: () => void;
  /** What was passed on last: whether an event ends there. */
  #tail = '';
  #isDue = false;

  private constructor({ events }: ResponseHead, leave: () => void) {
    this.#hasEvents = events;
    this.#leave = leave;
  }

  /** `leave` ends it, when nobody is in the middle of reading it. */
  static of(head: ResponseHead, attempt: Attempt | undefined, leave: () => void): OpenStream {
    const stream = new OpenStream(head, leave);
    attempt?.endpoint.beginLongLived(attempt, stream);
    return stream;
  }

  /** Its instance leaves, an event has ended, and all that has come is passed on. */
  get mayEnd(): boolean {
    return this.#isDue && this.#isBetweenEvents;
  }

  goAway(): void {
    if (!this.#hasEvents) return;
    this.#isDue = true;
    if (this.#isBetweenEvents) this.#leave();
  }

  onBody(bytes: Buffer): void {
    if (this.#hasEvents) this.#tail = (this.#tail + bytes.subarray(-4).toString('latin1')).slice(-4);
  }

  get #isBetweenEvents(): boolean {
    return this.#tail === '' || BLANK_LINE.test(this.#tail);
  }
}

/** Lines of events end with LF, CR LF or CR. */
const BLANK_LINE = /(?:\n\n|\r\r|\r\n\r\n|\n\r\n)$/;
