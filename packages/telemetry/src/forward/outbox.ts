import type { Message } from './message.ts';
import type { Spool, Spooled } from './spool.ts';

/** In memory, on the disk, or both: one that is under way is read already. */
interface Entry {
  readonly number: number;
  readonly items: number;
  message: Message | undefined;
  spooled: Spooled | undefined;
}

export interface OutboxParts {
  /** Undefined: nothing goes to the disk. */
  readonly spool: Spool | undefined;
  /** That may lie on the disk; beyond it the oldest goes. */
  readonly maxBytes: number;
  /** Messages that are in memory alone, at most. */
  readonly inMemory: number;
}

/**
 * Messages that wait for a backend, in their order. One that is sent at once never touches the disk; as soon as a second one
 * waits, or a try has failed, all do: so a process that is killed has lost what came in its last second, as everywhere else.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  #entries: Entry[];
  #next: number;
  /** The one that is being sent: it is not dropped for others. */
  #sending: Entry | undefined;
  #lost = 0;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#entries = (parts.spool?.list() ?? []).map((spooled) => ({
      number: spooled.number,
      items: spooled.items,
      message: undefined,
      spooled,
    }));
    this.#next = (this.#entries.at(-1)?.number ?? 0) + 1;
    this.#bound();
  }

  get length(): number {
    return this.#entries.length;
  }

  /** Records in them. */
  get items(): number {
    return this.#entries.reduce((sum, { items }) => sum + items, 0);
  }

  /** Records that were dropped for newer ones, or were damaged. */
  get lost(): number {
    return this.#lost;
  }

  /** Whether one more may be added: what is in memory alone is bounded. */
  get hasRoom(): boolean {
    return this.#entries.filter(({ spooled }) => spooled === undefined).length < this.#parts.inMemory;
  }

  add(message: Message): void {
    this.#entries.push({ number: this.#next++, items: message.items, message, spooled: undefined });
    if (this.#entries.length > 1) this.keep();
  }

  /** The first, or the one after it; from now on it is being sent. What can't be read any more is dropped. */
  take(place: 0 | 1): Message | undefined {
    for (;;) {
      const entry = this.#entries[place];
      const message = entry?.message ?? (entry?.spooled && this.#parts.spool?.read(entry.spooled));
      this.#sending = entry;
      if (entry === undefined || message !== undefined) return message;
      this.drop(place);
    }
  }

  /** It was taken, or refused for good. */
  remove(place: 0 | 1): void {
    const [entry] = this.#entries.splice(place, 1);
    if (entry?.spooled !== undefined) this.#parts.spool?.remove(entry.spooled);
  }

  drop(place: 0 | 1): void {
    this.#lost += this.#entries[place]?.items ?? 0;
    this.remove(place);
  }

  /** Puts on the disk what is not there, as far as it takes anything. */
  keep(): void {
    const { spool } = this.#parts;
    if (spool === undefined) return;
    try {
      for (const entry of this.#entries) {
        if (entry.message === undefined) continue;
        entry.spooled ??= spool.write(entry.number, entry.message);
        // What is sent reads it again: a long queue is not in memory.
        entry.message = undefined;
      }
      this.#bound();
    } catch {
      // It waits in memory, and is tried again with the next one.
    }
  }

  /** At the end: what is in memory alone is lost with it. */
  close(): void {
    this.keep();
    for (const { items } of this.#entries.filter(({ spooled }) => spooled === undefined)) this.#lost += items;
    this.#entries = this.#entries.filter(({ spooled }) => spooled !== undefined);
  }

  #bound(): void {
    let bytes = this.#entries.reduce((sum, { spooled }) => sum + (spooled?.bytes ?? 0), 0);
    while (bytes > this.#parts.maxBytes) {
      const place = this.#entries[0] === this.#sending ? 1 : 0;
      const entry = this.#entries[place];
      // The newest stays: a queue of less than one message would be none.
      if (entry === undefined || entry === this.#entries.at(-1)) return;
      bytes -= entry.spooled?.bytes ?? 0;
      this.drop(place);
    }
  }
}
