import { LoopTurns } from '@islet/policy';

export interface ClockOptions {
  /** Acts when the loop has read all that there was to read. */
  readonly afterTurn?: (act: () => void) => void;
  /** What is done then. Returns whether more is to be done after the next turn, though that may bring nothing. */
  readonly atEnd?: () => boolean;
}

/**
 * Milliseconds that never go back, read once for each event of a socket. All that one read brings about happens in some
 * microseconds, and asks for the time a dozen times; each reading is a call out of JavaScript. Outside of such an event
 * every reading is a new one.
 */
export class Clock {
  readonly #read: () => number;
  readonly #afterTurn: (act: () => void) => void;
  readonly #atEnd: () => boolean;
  readonly #turns = new LoopTurns();
  #inTurn = false;
  #endsTurn = false;
  #held: number | undefined;

  constructor(read: () => number, { afterTurn = setImmediate, atEnd = () => false }: ClockOptions = {}) {
    this.#read = read;
    this.#atEnd = atEnd;
    this.#afterTurn = afterTurn;
  }

  readonly now = (): number => this.#held ?? this.#read();

  /** The time stands still until `release`. Returns false where it stands already, and whoever held it first releases it. */
  hold(): boolean {
    if (this.#held !== undefined) return false;
    this.#held = this.#read();
    if (!this.#inTurn) this.#beginTurn(this.#held);
    return true;
  }

  release(): void {
    this.#held = undefined;
  }

  /** What is read in this turn of the loop has not come before: see `LoopTurns`. */
  get heardSince(): number {
    if (!this.#inTurn) this.#beginTurn(this.now());
    return this.#turns.heardSince;
  }

  #beginTurn(now: number): void {
    this.#inTurn = true;
    this.#turns.begin(now);
    this.#endSoon();
  }

  #endSoon(): void {
    if (this.#endsTurn) return;
    this.#endsTurn = true;
    this.#afterTurn(this.#endTurn);
  }

  readonly #endTurn = (): void => {
    this.#endsTurn = false;
    // There was nothing to read.
    if (!this.#inTurn) this.#turns.begin(this.#read());
    this.#inTurn = true;
    const more = this.#atEnd();
    this.#inTurn = false;
    this.#turns.end(this.#read());
    if (more) this.#endSoon();
  };
}
