import type { Field } from '../http/fields.ts';
import type { Framing } from '../http/framing.ts';
import { LIMITS } from '../limits.ts';
import type { UpstreamConnection } from '../upstream/connection.ts';
import { lastChunk } from './response-text.ts';

/**
 * The body of one request on its way to an instance. It is streamed, and its beginning is kept, so that another instance
 * can get it from the start; past the limit it is let go, and with it the chance of a retry.
 */
export class RequestBody {
  readonly #chunked: boolean;
  #kept: Buffer[] = [];
  #keptBytes = 0;
  #ending: string | undefined;
  #replayable = true;

  constructor(framing: Framing) {
    this.#chunked = framing.kind === 'chunked';
    if (framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)) this.#ending = '';
  }

  get ended(): boolean {
    return this.#ending !== undefined;
  }

  get replayable(): boolean {
    return this.#replayable;
  }

  /** No more may be taken before a connection is open. */
  get full(): boolean {
    return this.#keptBytes >= LIMITS.replayBytes;
  }

  keep(bytes: Buffer): void {
    if (!this.#replayable) return;
    this.#kept.push(bytes);
    this.#keptBytes += bytes.length;
  }

  end(trailers: readonly Field[]): void {
    this.#ending = this.#chunked ? lastChunk(trailers) : '';
  }

  /** Sends the head and all that is kept; returns false where the client should pause. */
  begin(connection: UpstreamConnection, head: string): boolean {
    const { socket } = connection;
    if (this.#kept.length === 0 && !this.#ending) return socket.write(head, 'latin1');
    socket.cork();
    socket.write(head, 'latin1');
    for (const bytes of this.#kept) this.#write(connection, bytes);
    if (this.#ending) socket.write(this.#ending, 'latin1');
    this.#letGoIfFull();
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  /** Sends what has just come. */
  forward(connection: UpstreamConnection, bytes: Buffer): boolean {
    this.keep(bytes);
    this.#letGoIfFull();
    return this.#write(connection, bytes);
  }

  forwardEnd(connection: UpstreamConnection): void {
    if (this.#ending) connection.socket.write(this.#ending, 'latin1');
  }

  /** A response has begun: nothing will be sent again. */
  letGo(): void {
    this.#replayable = false;
    this.#kept = [];
  }

  #letGoIfFull(): void {
    if (this.#keptBytes > LIMITS.replayBytes) this.letGo();
  }

  #write({ socket }: UpstreamConnection, bytes: Buffer): boolean {
    if (!this.#chunked) return socket.write(bytes);
    socket.cork();
    socket.write(`${bytes.length.toString(16)}\r\n`, 'latin1');
    socket.write(bytes);
    const more = socket.write('\r\n', 'latin1');
    socket.uncork();
    return more;
  }
}
