import type { ProxyError } from '../errors.ts';
import type { Field } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import { LIMITS } from '../limits.ts';
import type { Gone, RequestMessage, ResponseUser, Wire } from './wire.ts';

export interface HedgeOptions {
  readonly first: Wire;
  /** How long the first instance may take before a second one is asked. */
  readonly delayMs: number;
  readonly now: () => number;
  /** A wire to a second instance; undefined where none may be asked. */
  readonly openSecond: () => Wire | undefined;
  /** The second one carries the response, or what is left of the try: the first has lost, or is gone for this reason. */
  readonly onSecond: (gone: Gone | undefined) => void;
  /** The second one came to nothing: it answered so, or is gone, or was too late. */
  readonly onSecondLost: (outcome: number | Gone | 'late') => void;
}

/**
 * A try that is hedged (Dean and Barroso, "The Tail at Scale", 2013): when its instance takes longer than nearly all
 * answers do, a second one is asked the same, and whoever answers first is heard. To its user it is one wire. Only a request
 * that has been sent whole is hedged, and its time begins then; and an error of the second instance is no answer while the first
 * may still give one. What of the body follows the head is kept for the second, up to what would be kept for a retry.
 */
export class HedgedWire implements Wire {
  readonly #options: HedgeOptions;
  #user: ResponseUser | undefined;
  /** The one that is heard, if it is decided. */
  #heard: Wire | undefined;
  #first: Wire | undefined;
  #second: Wire | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** What has been sent, while more of it is to come; undefined: it is whole, or too long. */
  #growing: { readonly message: RequestMessage; readonly body: Buffer[]; bytes: number } | undefined;

  constructor(options: HedgeOptions) {
    this.#options = options;
    this.#first = options.first;
  }

  get open(): boolean {
    return this.#current.open;
  }

  get answering(): boolean {
    return this.#current.answering;
  }

  get used(): boolean {
    return this.#current.used;
  }

  get connection(): Wire['connection'] {
    return this.#current.connection;
  }

  get reusable(): boolean {
    return this.#current.reusable;
  }

  use(user: ResponseUser): void {
    this.#user = user;
    this.#options.first.use(new Ear(this, this.#options.first, user));
  }

  send(message: RequestMessage): boolean {
    const { body, trailers } = message;
    if (trailers !== undefined) this.#begin(message);
    else this.#growing = { message, body: [...body], bytes: body.reduce((sum, { length }) => sum + length, 0) };
    return this.#current.send(message);
  }

  write(bytes: Buffer): boolean {
    this.#grow(bytes);
    return this.#current.write(bytes);
  }

  end(trailers: readonly Field[]): void {
    const growing = this.#growing;
    this.#growing = undefined;
    if (growing !== undefined) this.#begin({ ...growing.message, body: growing.body, trailers });
    this.#current.end(trailers);
  }

  pause(): void {
    this.#current.pause();
  }

  resume(): void {
    this.#current.resume();
  }

  destroy(): void {
    this.#dropSecond('late');
    this.#current.destroy();
  }

  /** The head of a response has come over one of the two. Returns whether that is the one to be heard. */
  hears(wire: Wire, { status }: ResponseHead): boolean {
    if (this.#heard !== undefined) return this.#heard === wire;
    if (wire === this.#second && status >= 500 && this.#first !== undefined) {
      this.#dropSecond(status);
      return false;
    }
    this.#heard = wire;
    clearTimeout(this.#timer);
    if (wire === this.#first) this.#dropSecond('late');
    else if (this.#first !== undefined) this.#letSecondBeAll(undefined);
    return true;
  }

  /** One of the two is gone. Returns whether that is the end of the try. */
  loses(wire: Wire, why: Gone): boolean {
    if (wire === this.#second && this.#first !== undefined) {
      this.#second = undefined;
      this.#options.onSecondLost(why);
      return false;
    }
    if (wire === this.#first && this.#second !== undefined) {
      this.#letSecondBeAll(why);
      return false;
    }
    clearTimeout(this.#timer);
    return true;
  }

  /** Nobody else is asked the same. */
  get asksOne(): boolean {
    return this.#first === undefined || this.#second === undefined;
  }

  isSecond(wire: Wire): boolean {
    return wire !== this.#options.first;
  }

  get #current(): Wire {
    return this.#heard ?? this.#first ?? this.#second ?? this.#options.first;
  }

  #begin(message: RequestMessage): void {
    this.#timer = setTimeout(() => this.#askSecond(message), this.#options.delayMs);
  }

  #grow(bytes: Buffer): void {
    const growing = this.#growing;
    if (growing === undefined) return;
    growing.body.push(bytes);
    growing.bytes += bytes.length;
    if (growing.bytes > LIMITS.replayBytes) this.#growing = undefined;
  }

  #askSecond(message: RequestMessage): void {
    if (this.#heard !== undefined || this.#user === undefined || this.#current.answering) return;
    const second = this.#options.openSecond();
    if (second === undefined) return;
    this.#second = second;
    const time = message.patience?.timeLeft(this.#options.now()) ?? message.time;
    const again = { ...message, time };
    second.use(new Ear(this, second, this.#user, again));
    if (second.open) second.send(again);
  }

  #letSecondBeAll(gone: Gone | undefined): void {
    if (gone === undefined) this.#first?.destroy();
    this.#first = undefined;
    this.#options.onSecond(gone);
  }

  #dropSecond(outcome: number | 'late'): void {
    clearTimeout(this.#timer);
    if (this.#second === undefined || this.#first === undefined) return;
    this.#second.destroy();
    this.#second = undefined;
    this.#options.onSecondLost(outcome);
  }
}

/** What one of the two wires is listened to with. */
class Ear implements ResponseUser {
  readonly #hedged: HedgedWire;
  readonly #wire: Wire;
  readonly #user: ResponseUser;
  /** To be sent when it is open; undefined: its user does that. */
  readonly #message: RequestMessage | undefined;
  #isHeard = false;

  constructor(hedged: HedgedWire, wire: Wire, user: ResponseUser, message?: RequestMessage) {
    this.#hedged = hedged;
    this.#wire = wire;
    this.#user = user;
    this.#message = message;
  }

  onOpen(): void {
    if (this.#message === undefined) this.#user.onOpen();
    else this.#wire.send(this.#message);
  }

  /** What comes before an answer is only told of the first: the second may never be heard. */
  onInformational(head: ResponseHead): void {
    if (!this.#hedged.isSecond(this.#wire)) this.#user.onInformational(head);
  }

  onHead(head: ResponseHead): void {
    this.#isHeard = this.#hedged.hears(this.#wire, head);
    if (this.#isHeard) this.#user.onHead(head);
  }

  onBody(bytes: Buffer): void {
    if (this.#isHeard) this.#user.onBody(bytes);
  }

  onBodyEnd(trailers: readonly Field[]): void {
    if (this.#isHeard) this.#user.onBodyEnd(trailers);
  }

  onFlush(): boolean {
    return this.#isHeard || !this.#hedged.isSecond(this.#wire) ? this.#user.onFlush() : true;
  }

  onSilent(): void {
    if (this.#hedged.asksOne) this.#user.onSilent();
  }

  onDrain(): void {
    if (this.#isHeard || !this.#hedged.isSecond(this.#wire)) this.#user.onDrain();
  }

  onGone(why: Gone, error: ProxyError | undefined): void {
    if (this.#hedged.loses(this.#wire, why)) this.#user.onGone(why, error);
  }
}
