import type { ExchangeClient } from './exchange-client.ts';
import type { Patience } from './patience.ts';

export interface ClientWaitOptions {
  readonly client: Pick<ExchangeClient, 'deadlineAt'>;
  readonly patience: Patience;
  readonly now: () => number;
}

/** What waits between a response and its client, where that is not the call itself: an encoder has its own pace. */
export class ClientWait {
  readonly #options: ClientWaitOptions;

  constructor(options: ClientWaitOptions) {
    this.#options = options;
  }

  /** The client takes no more for now. */
  begin(): void {
    const { patience, now } = this.#options;
    patience.onHeld(now());
    this.#set();
  }

  /** It has taken all that waited. */
  end(): void {
    this.#options.patience.onTaken();
    this.#set();
  }

  /** Its time is over: whether it is waited for longer. */
  goesOn(): boolean {
    const { patience, now } = this.#options;
    const goesOn = patience.stillTakes(now());
    if (goesOn) this.#set();
    return goesOn;
  }

  #set(): void {
    const { client, patience, now } = this.#options;
    client.deadlineAt = patience.decideBy(now(), 'response');
  }
}
