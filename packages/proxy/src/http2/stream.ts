/** Who uses one stream. Each of these may be called inside a read of the socket, and may call back at once. */
export interface StreamUser {
  /**
   * The fields of a head, names and values in turn, latin1, checked against RFC 9113, 8.2 and 8.3. Informational heads of a
   * response come here too, before the final one. `ended`: nothing follows. The array may come again, the same object, for the
   * next head that is the same: it is not to be changed.
   */
  onHead(raw: readonly string[], ended: boolean): void;
  /** In the place of `onHead`: the head was larger than allowed, and was not kept. A server answers, a client resets. */
  onHeadTooLarge(): void;
  /** A view of the read buffer: whoever keeps it copies it. Never empty. */
  onData(bytes: Buffer): void;
  /** The peer has ended its side after its head; its body is as long as it said. Empty: without trailers. */
  onEnd(trailers: readonly string[]): void;
  /** After `data` has returned false: what was written has left, and more is welcome. */
  onDrain(): void;
  /** Its connection does not answer for now. All may still come. */
  onSilent(): void;
  /**
   * Comes exactly once, whoever ended it, and last. `undefined`: both sides have ended well. Else the code of the RST_STREAM
   * or of the connection's end; REFUSED_STREAM: the peer has not begun it. A connection that is lost counts as CANCEL.
   */
  onClose(code: number | undefined): void;
}

/** One stream, as its user writes to it. After its end or a reset, all of it does nothing. */
export interface SessionStream {
  /** Bytes of its body that have left: windows and the socket had room for them. Only grows. */
  readonly sent: number;
  /** Sends a head: names in lower case and values in turn, pseudo-header fields first. Also informational ones. */
  head(raw: readonly string[], ended: boolean): void;
  /**
   * Sends bytes. What can't go at once is copied, unless it `mayBeKept`: it is not written to before `onDrain` then. Returns
   * false where the user should wait for that.
   */
  data(bytes: Buffer, mayBeKept?: boolean): boolean;
  /** Ends our side, after all that was written. */
  end(trailers?: readonly string[]): void;
  /** Ends the stream at once: what was queued and has not left is dropped. */
  reset(code: number): void;
  /** What the peer still sends is dropped. */
  ignore(): void;
  /** And once our side has ended and left, it is told that nobody wants it (RFC 9113, 8.1). */
  abandon(): void;
  /** The receiving window is not opened further until `resume`. What is under way still comes. */
  pause(): void;
  resume(): void;
}
