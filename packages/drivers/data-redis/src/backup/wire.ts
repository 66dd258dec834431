import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { DriverError } from '@islet/driver';
import { HOST } from '../client.ts';
import { LIMITS } from '../options.ts';

const LINE_BYTES = 64 * 1024;

/** A connection in the server's protocol, as far as a replica needs it: clients of Redis don't let one be a replica. */
export class Wire implements Disposable {
  readonly #socket: Socket;
  readonly #parts: AsyncIterator<Buffer, undefined>;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    this.#parts = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    // Told to whoever reads.
    socket.on('error', () => {});
  }

  static async open(port: number, signal: AbortSignal): Promise<Wire> {
    const socket = connect({ host: HOST, port, signal });
    const patience = AbortSignal.any([signal, AbortSignal.timeout(LIMITS.connectMs)]);
    try {
      await once(socket, 'connect', { signal: patience });
      return new Wire(socket);
    } catch (error) {
      socket.on('error', () => {}).destroy();
      throw error;
    }
  }

  send(...words: readonly string[]): void {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
    this.#socket.write(`*${words.length}\r\n${parts.join('')}`);
  }

  /** One line, without its end. Empty ones say that the server is still at it. Throws what the server refuses. */
  async line(): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\n');
      if (end === -1) {
        if (this.#rest.length > LINE_BYTES) throw new DriverError('unavailable', 'the server speaks no Redis');
        this.#rest = Buffer.concat([this.#rest, await this.#next()]);
        continue;
      }
      const text = this.#rest.subarray(0, end).toString().replace(/\r$/, '');
      this.#rest = this.#rest.subarray(end + 1);
      if (text.startsWith('-')) throw new DriverError('unavailable', `the server refuses: ${text.slice(1)}`);
      if (text !== '') return text;
    }
  }

  /** What a command answers with one text. */
  async text(): Promise<string> {
    const head = await this.line();
    if (!head.startsWith('$')) return head.slice(1);
    const length = Number(head.slice(1)) + 2;
    while (this.#rest.length < length) this.#rest = Buffer.concat([this.#rest, await this.#next()]);
    const text = this.#rest.subarray(0, length - 2).toString();
    this.#rest = this.#rest.subarray(length);
    return text;
  }

  /** What comes next, whatever it is. */
  async read(): Promise<Buffer> {
    if (this.#rest.length === 0) return this.#next();
    const bytes = this.#rest;
    this.#rest = Buffer.alloc(0);
    return bytes;
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#parts.next();
    if (done) throw new DriverError('unavailable', 'the server has closed the connection');
    return value;
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
