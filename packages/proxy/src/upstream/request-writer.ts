import type { Socket } from 'node:net';
import { DirectWriter } from '../direct-writer.ts';
import { CHUNK_END, chunkStart, lastChunk } from '../http/chunk-text.ts';
import type { Field } from '../http/fields.ts';
import { passingText } from './request-text.ts';
import type { RequestMessage } from './wire.ts';

/** Writes the requests of one HTTP/1.1 connection, one at a time. Each method returns false where the next should wait. */
export class RequestWriter {
  readonly #socket: Socket;
  readonly #direct: DirectWriter;
  #chunked = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#direct = new DirectWriter(socket);
  }

  begin({ request, origin, time, body, trailers }: RequestMessage): boolean {
    const socket = this.#socket;
    this.#chunked = request.fields.framing.kind === 'chunked';
    const pieces: (string | Buffer)[] = [origin.steady.of(request, origin), passingText(origin, time)];
    for (const bytes of body) {
      if (this.#chunked) pieces.push(chunkStart(bytes.length), bytes, CHUNK_END);
      else pieces.push(bytes);
    }
    if (this.#chunked && trailers !== undefined) pieces.push(lastChunk(trailers));
    let length = 0;
    for (const piece of pieces) length += piece.length;
    this.#direct.join(pieces, { count: pieces.length, length });
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
