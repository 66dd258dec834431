import type { Socket } from 'node:net';
import { CHUNK_END, chunkStart, lastChunk } from '../http/chunk-text.ts';
import type { Field } from '../http/fields.ts';
import { requestText } from './request-text.ts';
import type { RequestMessage } from './wire.ts';

/** Writes the requests of one HTTP/1.1 connection, one at a time. Each method returns false where the next should wait. */
export class RequestWriter {
  readonly #socket: Socket;
  #chunked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  begin({ request, origin, time, body, trailers }: RequestMessage): boolean {
    const socket = this.#socket;
    this.#chunked = request.fields.framing.kind === 'chunked';
    const head = requestText(request, origin, time);
    if (body.length === 0 && (trailers === undefined || !this.#chunked)) return socket.write(head, 'latin1');
    socket.cork();
    socket.write(head, 'latin1');
    for (const bytes of body) this.write(bytes);
    if (trailers !== undefined) this.end(trailers);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  write(bytes: Buffer): boolean {
    const socket = this.#socket;
    if (!this.#chunked) return socket.write(bytes);
    socket.cork();
    socket.write(chunkStart(bytes.length), 'latin1');
    socket.write(bytes);
    const more = socket.write(CHUNK_END, 'latin1');
    socket.uncork();
    return more;
  }

  end(trailers: readonly Field[]): void {
    if (this.#chunked) this.#socket.write(lastChunk(trailers), 'latin1');
  }
}
