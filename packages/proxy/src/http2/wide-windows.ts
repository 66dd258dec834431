import { LIMITS } from '../limits.ts';

/**
 * What an instance may send of a response before its client has taken it. A wide window makes a large response quick, but
 * what was granted can't be taken back: a client that opens all the streams it may, and then takes nothing, has the proxy
 * hold as much as all of their windows. So each begins with a narrow one, and only a response that is taken as it comes gets
 * a wide one, for as long as it lasts. Of those there are a few for all clients together: many at once gain nothing by them.
 */
class WideWindows {
  readonly #most: number;
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  take(): boolean {
    if (this.#taken >= this.#most) return false;
    this.#taken++;
    return true;
  }

  giveBack(): void {
    this.#taken--;
  }
}

export const WIDE_WINDOWS = new WideWindows(LIMITS.http2WideWindows);
