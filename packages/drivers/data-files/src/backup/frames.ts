/** What goes between Islet and the process that reads or writes a service's files as the service's user: one frame after the other. */
export type Frame =
  | { readonly kind: 'told'; readonly told: unknown }
  /** Of the file that was told of last. The bytes hold until the next frame. */
  | { readonly kind: 'data'; readonly bytes: Uint8Array };

const HEAD_BYTES = 5;
const TOLD = 1;
const DATA = 2;

export function toldFrame(told: object): Buffer {
  return frame(TOLD, Buffer.from(JSON.stringify(told)));
}

export function dataFrame(bytes: Uint8Array): Buffer {
  return frame(DATA, bytes);
}

function frame(kind: number, bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head[0] = kind;
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** Ends where the stream ends; throws where that is in the middle of a frame. */
export async function* framesOf(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const part of stream) {
    rest = rest.length === 0 ? Buffer.from(part) : Buffer.concat([rest, part]);
    for (;;) {
      if (rest.length < HEAD_BYTES) break;
      const end = HEAD_BYTES + rest.readUInt32BE(1);
      if (rest.length < end) break;
      const bytes = rest.subarray(HEAD_BYTES, end);
      yield rest[0] === DATA ? { kind: 'data', bytes } : { kind: 'told', told: JSON.parse(bytes.toString()) };
      rest = rest.subarray(end);
    }
  }
  if (rest.length > 0) throw new Error('a stream of files ends in the middle of a word');
}
