import type { Flood } from './flood.ts';
import { FLAG, FRAME, uint31, uint32 } from './frames.ts';
import { Http2Error } from './http2-error.ts';
import type { LiveStream } from './live-stream.ts';
import type { Sender } from './sender.ts';
import type { Settings } from './settings.ts';

/** The connection, to the frames that are about itself. */
export interface ControlHost {
  readonly sender: Sender;
  readonly flood: Flood;
  readonly streams: ReadonlyMap<number, LiveStream>;
  /** What the peer has told. */
  readonly peer: Settings;
  /** The peer's first SETTINGS have come. */
  readonly settled: boolean;
  onSettings(): void;
  onAcknowledged(): void;
  onGoaway(last: number, code: number): void;
}

export interface ControlFrame {
  readonly type: number;
  readonly flags: number;
  readonly id: number;
}

/** The frames that are of a connection and not of a stream, and those that mean nothing. */
export class ControlFrames {
  readonly #host: ControlHost;

  constructor(host: ControlHost) {
    this.#host = host;
  }

  onFrame({ type, flags, id }: ControlFrame, bytes: Buffer, start: number, end: number): void {
    this.#host.flood.control();
    const isAck = (flags & FLAG.ack) !== 0;
    if (type === FRAME.priority) checkPriority(id, bytes, start, end);
    else if (type === FRAME.settings) this.#onSettings(id, isAck, bytes, start, end);
    else if (type === FRAME.ping) this.#onPing(id, isAck, bytes, start, end);
    else if (type === FRAME.goaway) this.#onGoaway(id, bytes, start, end);
    // What nobody knows is ignored (RFC 9113, 5.5).
  }

  #onSettings(id: number, isAck: boolean, bytes: Buffer, start: number, end: number): void {
    refuseStream(id, 'SETTINGS');
    if (isAck) {
      if (end > start) throw new Http2Error('frameSize', 'an acknowledgement with settings');
      this.#host.onAcknowledged();
      return;
    }
    const { peer, sender, streams } = this.#host;
    const before = peer.windowBytes;
    peer.read(bytes, start, end);
    const moved = peer.windowBytes - before;
    for (const stream of moved === 0 ? [] : streams.values()) {
      if (!stream.moveWindow(moved)) throw new Http2Error('flowControl', 'a window that is too large');
    }
    sender.outbox.begin(FRAME.settings, FLAG.ack, 0, 0);
    sender.wake();
    this.#host.onSettings();
  }

  #onPing(id: number, isAck: boolean, bytes: Buffer, start: number, end: number): void {
    refuseStream(id, 'PING');
    if (end - start !== 8) throw new Http2Error('frameSize', 'PING of another size');
    if (isAck) return;
    const { sender } = this.#host;
    sender.outbox.frame({ type: FRAME.ping, flags: FLAG.ack, stream: 0 }, bytes, start, end);
    sender.wake();
  }

  #onGoaway(id: number, bytes: Buffer, start: number, end: number): void {
    refuseStream(id, 'GOAWAY');
    if (end - start < 8) throw new Http2Error('frameSize', 'GOAWAY that is cut');
    this.#host.onGoaway(uint31(bytes, start), uint32(bytes, start + 4));
  }
}

/** Priorities are not read (RFC 9113, 5.3.2); what was never one is a mistake still. */
function checkPriority(id: number, bytes: Buffer, start: number, end: number): void {
  if (id === 0) throw new Http2Error('protocol', 'PRIORITY without a stream');
  if (end - start !== 5) throw new Http2Error('frameSize', 'PRIORITY of another size');
  if (uint31(bytes, start) === id) throw new Http2Error('protocol', 'a stream that depends on itself');
}

function refuseStream(id: number, what: string): void {
  if (id !== 0) throw new Http2Error('protocol', `${what} of a stream`);
}
