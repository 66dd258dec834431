import type { Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { FLAG, FRAME, frame, PREFACE, type Seen } from './frames.ts';
import { type Instance, rawInstance } from './world.ts';

/** One connection of the proxy to an instance that is made of frames. */
export interface ToInstance {
  readonly socket: Socket;
  /** What has come over it. */
  readonly seen: readonly Seen[];
  send(...frames: readonly Buffer[]): void;
}

export interface FrameInstance extends Instance {
  /** In the order in which they came. */
  readonly connections: readonly ToInstance[];
  /** All frames of one type that have come, over whatever connection. */
  seen(type: number): readonly Seen[];
}

export interface FrameInstanceOptions {
  /** What it says first; its SETTINGS, where nothing else is asked. */
  readonly greeting?: Buffer;
  /** Whether it says anything to begin with over this connection; where not, it never opens. */
  greets?(nth: number): boolean;
  /** Whether it answers PINGs, like every peer. */
  answersPings?(): boolean;
  /** For each head of a request: it ends its block. */
  onRequest?(stream: number, to: ToInstance, nth: number): void;
  /** For each request that is whole. */
  onWhole?(stream: number, to: ToInstance, nth: number): void;
}

/** An instance that sends frames as a test says, and what no library would send. It acknowledges SETTINGS and PINGs by itself. */
export async function frameInstance(
  t: TestContext,
  {
    greeting = frame(FRAME.settings, 0, 0),
    answersPings = () => true,
    greets = () => true,
    onRequest,
    onWhole,
  }: FrameInstanceOptions,
): Promise<FrameInstance> {
  const connections: ToInstance[] = [];
  let requests = 0;
  let whole = 0;
  const instance = await rawInstance(t, (socket) => {
    const seen: Seen[] = [];
    const to: ToInstance = { socket, seen, send: (...frames) => void socket.write(Buffer.concat(frames)) };
    connections.push(to);
    const isGreeted = greets(connections.length - 1);
    if (isGreeted) to.send(greeting);
    socket.on('end', () => socket.destroy());
    let rest = Buffer.alloc(0);
    let skipped = 0;
    socket.on('data', (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      if (skipped < PREFACE.length) {
        if (rest.length < PREFACE.length) return;
        skipped = PREFACE.length;
        rest = rest.subarray(skipped);
      }
      while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
        const length = rest.readUIntBE(0, 3);
        const one = {
          type: rest.readUInt8(3),
          flags: rest.readUInt8(4),
          stream: rest.readUInt32BE(5),
          payload: rest.subarray(9, 9 + length),
        };
        rest = rest.subarray(9 + length);
        seen.push(one);
        if (one.type === FRAME.settings && one.flags === 0 && isGreeted) to.send(frame(FRAME.settings, FLAG.ack, 0));
        if (one.type === FRAME.ping && one.flags === 0 && answersPings()) {
          to.send(frame(FRAME.ping, FLAG.ack, 0, one.payload));
        }
        if (one.type === FRAME.headers) onRequest?.(one.stream, to, requests++);
        const isEnd = (one.type === FRAME.headers || one.type === FRAME.data) && (one.flags & FLAG.endStream) !== 0;
        if (isEnd) onWhole?.(one.stream, to, whole++);
      }
    });
  });
  const seenOf = (type: number) => connections.flatMap(({ seen }) => seen.filter((one) => one.type === type));
  return { ...instance, connections, seen: seenOf };
}

const STATUS_200 = Buffer.from([0x88]);

/** The head of an answer, by default one that is all of it. */
export function head(stream: number, fields: Buffer = STATUS_200, flags: number = FLAG.endStream | FLAG.endHeaders) {
  return frame(FRAME.headers, flags, stream, fields);
}

export function data(stream: number, bytes: Buffer | string, flags: number = FLAG.endStream): Buffer {
  return frame(FRAME.data, flags, stream, Buffer.from(bytes as string));
}

/** Settings by their numbers (RFC 9113, 6.5.2). */
export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * entries.length);
  for (const [nth, [id, value]] of entries.entries()) {
    payload.writeUInt16BE(id, 6 * nth);
    payload.writeUInt32BE(value, 6 * nth + 2);
  }
  return frame(FRAME.settings, 0, 0, payload);
}

/** The proxy will hear of no streams beyond `last`. */
export function goaway(last: number, code = 0): Buffer {
  const payload = Buffer.alloc(8);
  payload.writeUInt32BE(last, 0);
  payload.writeUInt32BE(code, 4);
  return frame(FRAME.goaway, 0, 0, payload);
}
