import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { Session } from '../src/http2/session.ts';
import { SESSION_LIMITS, type SessionLimits } from '../src/http2/session-options.ts';
import type { SessionStream, StreamUser } from '../src/http2/stream.ts';
import { FLAG, FRAME, frame, PREFACE, type Seen } from './frames.ts';

/** What became of one stream, in the order in which its user was told. */
export interface Told {
  readonly events: string[];
  readonly heads: (readonly string[])[];
  stream: SessionStream | undefined;
  body: string;
}

export interface SessionWorld {
  readonly session: Session;
  /** In the order in which they were opened. */
  readonly streams: readonly Told[];
  readonly events: readonly string[];
  /** How often the socket was written to. */
  readonly writes: () => number;
  readonly ended: () => boolean;
  /** Gives it frames in one read, and returns those that it has sent since the last call. */
  feed(...frames: readonly Buffer[]): Promise<readonly Seen[]>;
  /** Lets the turn end, and returns what was sent. */
  sent(): Promise<readonly Seen[]>;
  /** Whether the socket takes what is written. */
  take(takes: boolean): void;
  /** Of a client: asks, and tells what becomes of it. */
  ask(raw: readonly string[], ended?: boolean): Told;
  pass(ms: number): void;
}

/** A socket that keeps what is written to it, and takes no more while it is told so. */
class Wire extends Writable {
  written = Buffer.alloc(0);
  writes = 0;
  takes = true;
  #held: (() => void) | undefined;

  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.written = Buffer.concat([this.written, chunk]);
    this.writes++;
    if (this.takes) done();
    else this.#held = done;
  }

  take(takes: boolean): void {
    this.takes = takes;
    const held = this.#held;
    this.#held = undefined;
    if (takes) held?.();
  }
}

/** A session of either role whose peer is bytes. Its greeting and the peer's are over. */
export async function sessionWorld(
  role: 'server' | 'client' = 'server',
  limits: Partial<SessionLimits> = {},
  { acknowledges = true, greets = true }: { readonly acknowledges?: boolean; readonly greets?: boolean } = {},
): Promise<SessionWorld> {
  const { wideWindowBytes = limits.windowBytes ?? SESSION_LIMITS[role].wideWindowBytes } = limits;
  const wire = new Wire({ highWaterMark: 16 * 1024 });
  const events: string[] = [];
  const streams: Told[] = [];
  let now = 0;
  const note = (event: string) => void events.push(event);
  const session = new Session({
    role,
    socket: wire as unknown as Socket,
    now: () => now,
    limits: { ...SESSION_LIMITS[role], wideWindowBytes, ...limits },
    user: {
      onStream: (stream) => {
        const told: Told = { events: [], heads: [], stream, body: '' };
        streams.push(told);
        return recorder(told);
      },
      onStreamEnd: (left) => note(`left ${left}`),
      onSettings: () => note('settings'),
      onGoaway: () => note('goaway'),
      onClose: (cause) => note(`close ${cause === undefined ? 'well' : String(cause)}`),
    },
  });
  wire.on('drain', () => session.onDrain());
  let from = role === 'client' ? PREFACE.length : 0;
  const sent = async () => {
    await turn();
    await turn();
    const { seen, end } = framesIn(wire.written, from);
    from = end;
    return seen;
  };
  const feed = (...frames: readonly Buffer[]) => {
    session.read(Buffer.concat(frames));
    return sent();
  };
  const ask = (raw: readonly string[], ended = true) => {
    const told: Told = { events: [], heads: [], stream: undefined, body: '' };
    told.stream = session.open(recorder(told), raw, ended);
    if (told.stream !== undefined) streams.push(told);
    return told;
  };
  if (greets) await feed(...(role === 'server' ? [PREFACE] : []), frame(FRAME.settings, 0, 0));
  if (greets && acknowledges) await feed(frame(FRAME.settings, FLAG.ack, 0));
  return {
    session,
    streams,
    events,
    writes: () => wire.writes,
    ended: () => wire.writableEnded,
    feed,
    sent,
    take: (takes) => wire.take(takes),
    ask,
    pass: (ms) => {
      now += ms;
    },
  };
}

function recorder(told: Told): StreamUser {
  const note = (event: string) => void told.events.push(event);
  return {
    onHead: (raw, ended) => {
      told.heads.push(raw);
      note(ended ? 'head ended' : 'head');
    },
    onHeadTooLarge: () => note('too large'),
    onData: (bytes) => {
      told.body += bytes.toString('latin1');
      note(`data ${bytes.length}`);
    },
    onEnd: (trailers) => note(['end', ...trailers].join(' ')),
    onDrain: () => note('drain'),
    onSilent: () => note('silent'),
    onClose: (code) => note(`close ${code ?? 'well'}`),
  };
}

function framesIn(bytes: Buffer, from: number): { readonly seen: readonly Seen[]; readonly end: number } {
  const seen: Seen[] = [];
  let at = from;
  while (bytes.length - at >= 9 && bytes.length - at >= 9 + bytes.readUIntBE(at, 3)) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    const [type, flags, stream] = [bytes.readUInt8(at + 3), bytes.readUInt8(at + 4), bytes.readUInt32BE(at + 5)];
    seen.push({ type, flags, stream, payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return { seen, end: at };
}

export function uint32(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [nth, value] of values.entries()) bytes.writeUInt32BE(value, 4 * nth);
  return bytes;
}

/** SETTINGS that say one thing. */
export function setting(id: number, value: number): Buffer {
  return frame(FRAME.settings, 0, 0, Buffer.concat([Buffer.from([0, id]), uint32(value)]));
}

/** What a connection, or a stream of it, was ended with. */
export function codeOf(seen: readonly Seen[]): string | undefined {
  for (const { type, payload } of seen) {
    if (type === FRAME.goaway) return `goaway ${payload.readUInt32BE(4)}`;
    if (type === FRAME.reset) return `reset ${payload.readUInt32BE(0)}`;
  }
  return undefined;
}
