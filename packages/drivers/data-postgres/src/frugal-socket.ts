import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Everyone reads into it, and is given what came before anyone else does. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
/** A letter, and the length of all that follows it, itself included (PostgreSQL's manual, "Message Formats"). */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 4;
const COPY_DATA = 'd'.charCodeAt(0);

/**
 * A connection to a server that may send very much. Node.js takes 64 KB of memory for each read, however little comes; the
 * client's parser puts each message together in ever larger buffers. Megabytes of memory for one of log make the garbage
 * collector run for each of them, which took more processor time than all else that is done with the log.
 *
 * So one buffer is read into again and again, and `CopyData` is handed out from there, if somebody wants it so: nobody else
 * keeps it. The parser gets copies of all else.
 */
export class FrugalSocket extends Socket {
  /** Is given the messages' contents one after the other, in parts of any length, which hold until it returns. */
  onCopyData: ((part: Uint8Array) => void) | undefined;
  readonly #head = Buffer.alloc(HEAD_BYTES);
  #headBytes = 0;
  /** Of the message whose head is known. */
  #left = 0;
  #isTaken = false;

  constructor() {
    const callback = (bytes: number, buffer: Uint8Array) => {
      this.#read(buffer.subarray(0, bytes));
      // It reads on.
      return true;
    };
    const options: SocketConstructorOpts & { readonly onread: OnReadOpts } = {
      onread: { buffer: READ_BUFFER, callback },
    };
    super(options);
  }

  #read(bytes: Uint8Array): void {
    const passed: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const wanted = this.#left > 0 ? this.#left : HEAD_BYTES - this.#headBytes;
      const part = bytes.subarray(at, at + wanted);
      at += part.length;
      if (this.#left === 0) this.#readHead(part, passed);
      else {
        this.#left -= part.length;
        if (this.#isTaken) this.onCopyData?.(part);
        else passed.push(part);
      }
    }
    if (passed.length > 0) this.emit('data', Buffer.concat(passed));
  }

  #readHead(part: Uint8Array, passed: Uint8Array[]): void {
    this.#head.set(part, this.#headBytes);
    this.#headBytes += part.length;
    if (this.#headBytes < HEAD_BYTES) return;
    this.#headBytes = 0;
    this.#left = this.#head.readUInt32BE(1) - LENGTH_BYTES;
    this.#isTaken = this.onCopyData !== undefined && this.#head[0] === COPY_DATA;
    if (!this.#isTaken) passed.push(Buffer.from(this.#head));
  }
}
