import { connect, type Socket } from 'node:net';

/** Frames of HTTP/2 as bytes: for what no library would send. Only literal header fields, without Huffman coding. */
export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  push: 5,
  ping: 6,
  goaway: 7,
  update: 8,
  continuation: 9,
} as const;
export const FLAG = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A block of literal fields that are not indexed (RFC 7541, 6.2.2). Names and values shorter than 127 bytes. */
export function block(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

export const GET: readonly (readonly [string, string])[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':path', '/'],
  [':authority', 'h'],
];

export function request(stream: number, fields = GET, flags: number = FLAG.endStream | FLAG.endHeaders): Buffer {
  return frame(FRAME.headers, flags, stream, block(fields));
}

export interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface RawPeer {
  readonly socket: Socket;
  readonly seen: readonly Seen[];
  send(...frames: readonly Buffer[]): void;
  readonly ended: () => boolean;
}

/** Says hello, and collects the frames that come. */
export function rawPeer(port: number): RawPeer {
  const socket = connect({ port, host: '127.0.0.1' });
  const seen: Seen[] = [];
  let rest = Buffer.alloc(0);
  let ended = false;
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3);
      const payload = rest.subarray(9, 9 + length);
      seen.push({ type: rest.readUInt8(3), flags: rest.readUInt8(4), stream: rest.readUInt32BE(5), payload });
      rest = rest.subarray(9 + length);
    }
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    ended = true;
  });
  socket.write(Buffer.concat([PREFACE, frame(FRAME.settings, 0, 0)]));
  return { socket, seen, ended: () => ended, send: (...frames) => void socket.write(Buffer.concat(frames)) };
}

/** The error code of the last GOAWAY, if one has come. */
export function goawayCode({ seen }: RawPeer): number | undefined {
  return seen.findLast(({ type }) => type === FRAME.goaway)?.payload.readUInt32BE(4);
}
