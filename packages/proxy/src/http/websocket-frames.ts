/** The largest header of a frame: two bytes, eight of length, four of a mask. */
const HEADER_BYTES = 14;
const CONTROL = 0x8;
const CLOSE = 0x8;

/**
 * Follows the bytes that one side of a WebSocket sends, by the headers of its frames alone (RFC 6455, 5.2), in whatever
 * pieces they come: it knows where a close frame of somebody else can stand without cutting a frame or a message.
 */
export class WebSocketFrames {
  readonly #header = Buffer.alloc(HEADER_BYTES);
  #headerBytes = 0;
  #payloadLeft = 0;
  #isInMessage = false;
  #isClosed = false;

  /** Nothing is half sent, and the side has not sent a close frame itself. */
  get isBetweenMessages(): boolean {
    return this.#headerBytes === 0 && this.#payloadLeft === 0 && !this.#isInMessage && !this.#isClosed;
  }

  /** Returns up to where in these bytes the last message that ends in them goes; undefined: none ends there. */
  read(bytes: Buffer): number | undefined {
    let end: number | undefined;
    for (let at = 0; at < bytes.length; ) {
      at += this.#payloadLeft > 0 ? this.#skip(bytes.length - at) : this.#readHeader(bytes, at);
      if (this.isBetweenMessages) end = at;
    }
    return end;
  }

  #skip(available: number): number {
    const taken = Math.min(this.#payloadLeft, available);
    this.#payloadLeft -= taken;
    return taken;
  }

  #readHeader(bytes: Buffer, at: number): number {
    const missing = this.#headerSize - this.#headerBytes;
    const taken = bytes.copy(this.#header, this.#headerBytes, at, at + missing);
    this.#headerBytes += taken;
    if (this.#headerBytes >= 2 && this.#headerBytes === this.#headerSize) this.#endHeader();
    return taken;
  }

  /** As far as it is known: the second byte tells how many follow. */
  get #headerSize(): number {
    if (this.#headerBytes < 2) return 2;
    const second = this.#header.readUInt8(1);
    const code = second & 0x7f;
    return 2 + (code === 127 ? 8 : code === 126 ? 2 : 0) + (second & 0x80 ? 4 : 0);
  }

  #endHeader(): void {
    const first = this.#header.readUInt8(0);
    const code = this.#header.readUInt8(1) & 0x7f;
    const opcode = first & 0x0f;
    if (opcode === CLOSE) this.#isClosed = true;
    // Control frames may stand between the fragments of a message, and neither begin nor end one.
    if (opcode < CONTROL) this.#isInMessage = (first & 0x80) === 0;
    this.#headerBytes = 0;
    this.#payloadLeft =
      code === 127
        ? this.#header.readUInt32BE(2) * 2 ** 32 + this.#header.readUInt32BE(6)
        : code === 126
          ? this.#header.readUInt16BE(2)
          : code;
  }
}

/** A close frame as a server sends it. The reason has at most 123 bytes. */
export function closeFrame(code: number, reason: string): Buffer {
  const text = Buffer.from(reason);
  const frame = Buffer.alloc(4 + text.length);
  frame.writeUInt8(0x80 | CLOSE, 0);
  frame.writeUInt8(2 + text.length, 1);
  frame.writeUInt16BE(code, 2);
  text.copy(frame, 4);
  return frame;
}
