import type { Field } from '../http/fields.ts';
import type { Framing } from '../http/framing.ts';
import { passedRequestTrailers } from '../http/request-trailers.ts';
import { LIMITS } from '../limits.ts';
import type { TimeKeeper } from '../upstream/request-text.ts';
import type { RequestMessage, Wire } from '../upstream/wire.ts';

/** Stops and goes on with the bytes of a request's body. */
export interface BodyFlow {
  pauseBody(): void;
  resumeBody(): void;
}

/**
 * The body of one request on its way to an instance. It is streamed, and its beginning is kept, so that another instance
 * can get it from the start; past the limit it is let go, and with it the chance of a retry.
 */
export class RequestBody {
  #kept: Buffer[] | undefined;
  #keptBytes = 0;
  #trailers: readonly Field[] | undefined;
  #replayable = true;

  readonly #flow: BodyFlow;

  constructor(framing: Framing, flow: BodyFlow) {
    this.#flow = flow;
    if (framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)) this.#trailers = NOTHING;
  }

  get ended(): boolean {
    return this.#trailers !== undefined;
  }

  get replayable(): boolean {
    return this.#replayable;
  }

  /** Sends the head, and all that is kept. Returns whether more is read. */
  begin(
    wire: Wire,
    { request, origin }: Pick<RequestMessage, 'request' | 'origin'>,
    patience: TimeKeeper,
    now: number,
  ): boolean {
    const time = patience.timeLeft(now);
    const more = wire.send({ request, origin, time, patience, body: this.#kept ?? NOTHING, trailers: this.#trailers });
    if (more) this.#flow.resumeBody();
    else this.#flow.pauseBody();
    this.#letGoIfFull();
    return more;
  }

  /** Takes what has just come, and sends it where a wire is open; before that, no more is taken than can be kept. Returns whether more is read. */
  take(view: Buffer, wire: Wire | undefined): boolean {
    const bytes = Buffer.from(view);
    this.#keep(bytes);
    if (wire !== undefined) this.#letGoIfFull();
    const more = wire === undefined ? this.#keptBytes < LIMITS.replayBytes : wire.write(bytes);
    if (!more) this.#flow.pauseBody();
    return more;
  }

  end(trailers: readonly Field[], wire: Wire | undefined): void {
    const passed = passedRequestTrailers(trailers);
    this.#trailers = passed;
    wire?.end(passed);
  }

  /** A response has begun: nothing will be sent again. */
  letGo(): void {
    this.#replayable = false;
    this.#kept = undefined;
  }

  #keep(bytes: Buffer): void {
    if (!this.#replayable) return;
    if (this.#kept === undefined) this.#kept = [bytes];
    else this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  #letGoIfFull(): void {
    if (this.#keptBytes > LIMITS.replayBytes) this.letGo();
  }
}

const NOTHING: readonly never[] = [];
