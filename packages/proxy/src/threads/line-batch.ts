import { LIMITS } from '../limits.ts';
import type { LineSink } from '../record/access-log.ts';

/** Lines of a thread on their way to the one that writes them: a message for each would cost more than the line. */
export class LineBatch implements LineSink {
  readonly #send: (lines: readonly string[]) => void;
  #lines: string[] = [];

  constructor(send: (lines: readonly string[]) => void) {
    this.#send = send;
    setInterval(() => this.flush(), LIMITS.accessLogFlushMs).unref();
  }

  write(line: string): void {
    this.#lines.push(line);
  }

  flush(): void {
    if (this.#lines.length === 0) return;
    this.#send(this.#lines);
    this.#lines = [];
  }
}
