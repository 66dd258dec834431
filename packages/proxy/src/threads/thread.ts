import { Worker } from 'node:worker_threads';
import type { Answers, Order, Ordered, Saying, ThreadData } from './messages.ts';

export interface ThreadUser {
  onReady(): void;
  onDrained(instance: string): void;
  onWanted(service: string): void;
  onUnexpected(text: string): void;
  onLines(lines: readonly string[]): void;
  /** It has ended, whyever. */
  onExit(why: string): void;
}

/** Another thread, as the main thread has it. */
export class Thread {
  readonly lane: number;
  readonly #worker: Worker;
  readonly #pulse: Int32Array;
  readonly #asked = new Map<number, (answer: never) => void>();
  #calls = 0;
  #isOver = false;
  #seen = -1;
  #stillFor = 0;
  #why = 'it ended by itself';

  constructor(data: Omit<ThreadData, 'pulse'>, user: ThreadUser) {
    this.lane = data.lane;
    const pulse = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT);
    this.#pulse = new Int32Array(pulse);
    const workerData: ThreadData = { ...data, pulse };
    this.#worker = new Worker(new URL('./thread-main.ts', import.meta.url), { workerData });
    this.#worker.on('message', (saying: Saying) => this.#hear(saying, user));
    this.#worker.on('error', (thrown) => {
      this.#why = thrown instanceof Error ? thrown.message : String(thrown);
    });
    this.#worker.once('exit', () => {
      this.#isOver = true;
      for (const answer of this.#asked.values()) (answer as (answer: undefined) => void)(undefined);
      this.#asked.clear();
      user.onExit(this.#why);
    });
  }

  /** Of its requests, as of a tenth of a second ago. */
  get inFlight(): number {
    return this.#isOver ? 0 : Atomics.load(this.#pulse, 1);
  }

  /** Undefined where it ends before it has answered. */
  ask<K extends Order['kind']>(order: Order & { readonly kind: K }): Promise<Answers[K] | undefined> {
    if (this.#isOver) return Promise.resolve(undefined);
    const call = ++this.#calls;
    const ordered: Ordered = { call, order };
    return new Promise((resolve) => {
      this.#asked.set(call, resolve);
      this.#worker.postMessage(ordered);
    });
  }

  /** To be asked once a second: for how many seconds it has not moved. A thread that hangs is as good as dead. */
  secondsStill(): number {
    const beat = Atomics.load(this.#pulse, 0);
    this.#stillFor = beat === this.#seen ? this.#stillFor + 1 : 0;
    this.#seen = beat;
    return this.#stillFor;
  }

  /** Breaks off all that it carries. */
  async kill(why: string): Promise<void> {
    this.#why = why;
    await this.#worker.terminate();
  }

  #hear(saying: Saying, user: ThreadUser): void {
    switch (saying.kind) {
      case 'ready':
        user.onReady();
        break;
      case 'answer':
        this.#asked.get(saying.call)?.(saying.answer as never);
        this.#asked.delete(saying.call);
        break;
      case 'drained':
        user.onDrained(saying.instance);
        break;
      case 'wanted':
        user.onWanted(saying.service);
        break;
      case 'unexpected':
        user.onUnexpected(saying.text);
        break;
      case 'lines':
        user.onLines(saying.lines);
        break;
    }
  }
}
