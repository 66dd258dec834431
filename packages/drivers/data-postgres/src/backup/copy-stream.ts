import type { Connection, Submittable } from 'pg';
import { LIMITS } from '../options.ts';

/** What `pg` has beyond its types: both directions of a copy (PostgreSQL's manual, "Message Flow"). */
type CopyConnection = Connection & { sendCopyFromChunk(chunk: Uint8Array): void };

/**
 * A command of the replication protocol, whose answer is rows, a stream of messages, and rows again. Messages that nobody
 * has asked for yet are bounded: past that the socket is not read, and the server waits.
 */
export class CopyStream implements Submittable {
  readonly #command: string;
  readonly #onMessage: ((message: Buffer) => 'keep' | 'done') | undefined;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #wake: (() => void) | undefined;
  #connection: CopyConnection | undefined;
  #end: { readonly error: unknown } | undefined;
  /** Each row of each result, as text. */
  readonly rows: (string | null)[][] = [];

  /** `onMessage` sees each message at once, before anybody asks; `done`: it needs not be handed out. */
  constructor(command: string, onMessage?: (message: Buffer) => 'keep' | 'done') {
    this.#command = command;
    this.#onMessage = onMessage;
  }

  /** Until the server has said everything. */
  async *messages(): AsyncGenerator<Buffer, void> {
    for (;;) {
      const message = await this.next(undefined);
      if (message === undefined) return;
      yield message;
    }
  }

  /** Undefined: there will be none, or there was none in that time. */
  async next(withinMs: number | undefined): Promise<Buffer | undefined> {
    if (this.#waiting.length === 0 && this.#end === undefined) await this.#something(withinMs);
    const message = this.#waiting.shift();
    if (message === undefined) {
      if (this.#end?.error !== undefined) throw this.#end.error;
      return undefined;
    }
    this.#waitingBytes -= message.length;
    if (this.#waitingBytes < LIMITS.copyBytes / 2) this.#connection?.stream.resume();
    return message;
  }

  get hasEnded(): boolean {
    return this.#end !== undefined && this.#waiting.length === 0;
  }

  send(message: Uint8Array): void {
    this.#connection?.sendCopyFromChunk(message);
  }

  #something(withinMs: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const timer = withinMs === undefined ? undefined : setTimeout(resolve, withinMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #finish(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  submit(connection: Connection): void {
    this.#connection = connection as CopyConnection;
    connection.query(this.#command);
  }

  handleCopyData({ chunk }: { readonly chunk: Buffer }): void {
    if (this.#onMessage?.(chunk) === 'done') return;
    // The parser uses its buffer again.
    this.#waiting.push(Buffer.from(chunk));
    this.#waitingBytes += chunk.length;
    if (this.#waitingBytes >= LIMITS.copyBytes) this.#connection?.stream.pause();
    this.#wake?.();
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.rows.push([...fields]);
  }

  handleError(error: unknown): void {
    this.#finish(error);
  }

  handleReadyForQuery(): void {
    this.#finish(undefined);
  }

  handleRowDescription(): void {}
  handleCommandComplete(): void {}
  handlePortalSuspended(): void {}
  handleEmptyQuery(): void {}
  handleCopyInResponse(): void {}
}
