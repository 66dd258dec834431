import { DriverError } from '@islet/driver';
import type { Frame } from './frames.ts';
import type { Place } from './position.ts';
import { reach } from './server.ts';
import type { RedisSource } from './source.ts';
import type { Wire } from './wire.ts';

/** What may wait here to be stored: behind it the server keeps some more, and then lets go of us. */
const WAITING_BYTES = 16 * 1024 * 1024;

export interface Beginning extends Place {
  /** How far the server was when it was reached: what comes before that came at some time. */
  readonly reached: number;
}

/**
 * The stream as it comes. It is read while what came before is being stored: when something was received is all that is
 * known of when it was committed.
 */
export class Incoming implements Disposable {
  readonly #wire: Wire;
  #frames: Frame[] = [];
  #waitingBytes = 0;
  #end: number;
  readonly #reached: number;
  #failure: unknown;
  #news = Promise.withResolvers<void>();

  private constructor(wire: Wire, { offset, reached }: Beginning) {
    this.#wire = wire;
    this.#end = offset;
    this.#reached = reached;
    void this.#receive();
  }

  /** Throws `not-found` where the server no longer has what comes next. */
  static async from(beginning: Beginning, server: RedisSource, signal: AbortSignal): Promise<Incoming> {
    const { stream, offset } = beginning;
    const wire = await reach(server, signal);
    try {
      wire.send('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
      await wire.line();
      wire.send('PSYNC', stream, String(offset + 1));
      if (!(await wire.line()).startsWith('+CONTINUE')) throw lost();
      return new Incoming(wire, beginning);
    } catch (error) {
      wire[Symbol.dispose]();
      throw error;
    }
  }

  get hasSome(): boolean {
    return this.#frames.length > 0;
  }

  /** Until something came, or for so long. */
  async some(forMs: number): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      this.#tell();
    }, forMs);
    try {
      await this.#until(() => isOver || this.hasSome);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Until all before that was received. False: too much waits. */
  async reached(offset: number): Promise<boolean> {
    await this.#until(() => this.#end >= offset || this.#isFull);
    return this.#end >= offset;
  }

  /** Of what waits, as much as this, or a little more. */
  take(bytes: number): readonly Frame[] {
    let size = 0;
    const until = this.#frames.findIndex((frame) => {
      size += frame.bytes.length;
      return size >= bytes;
    });
    const taken = this.#frames.splice(0, until === -1 ? this.#frames.length : until + 1);
    this.#waitingBytes -= taken.reduce((sum, frame) => sum + frame.bytes.length, 0);
    this.#tell();
    return taken;
  }

  /** All before that is durable: who asked the server to `WAIT` for a replica is answered. */
  acknowledge(offset: number): void {
    this.#wire.send('REPLCONF', 'ACK', String(offset));
  }

  async #receive(): Promise<void> {
    try {
      for (;;) {
        await this.#until(() => !this.#isFull);
        const bytes = await this.#wire.read();
        this.#frames.push({ offset: this.#end, at: Date.now(), isLate: this.#end < this.#reached, bytes });
        this.#end += bytes.length;
        this.#waitingBytes += bytes.length;
        this.#tell();
      }
    } catch (error) {
      this.#failure = error;
      this.#tell();
    }
  }

  get #isFull(): boolean {
    return this.#waitingBytes >= WAITING_BYTES;
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      if (this.#failure !== undefined) throw this.#failure;
      await this.#news.promise;
    }
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  [Symbol.dispose](): void {
    this.#failure ??= new DriverError('unavailable', 'the server is not followed any more');
    this.#tell();
    this.#wire[Symbol.dispose]();
  }
}

export function lost(): DriverError {
  return new DriverError('not-found', 'Redis no longer has what it changed next');
}
