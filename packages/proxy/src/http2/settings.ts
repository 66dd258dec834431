import { FRAME_BYTES, MOST, uint32, WINDOW_BYTES, writeUint32 } from './frames.ts';
import { Http2Error } from './http2-error.ts';

/** What one side tells the other once, and may change (RFC 9113, 6.5.2). */
export class Settings {
  tableBytes = 4_096;
  push = 1;
  /** Undefined: it says no number. */
  streams: number | undefined;
  windowBytes = WINDOW_BYTES;

  /** Takes what stands in a frame's payload; throws `Http2Error`. */
  read(bytes: Buffer, start: number, end: number): void {
    if ((end - start) % ENTRY_BYTES !== 0) throw new Http2Error('frameSize', 'SETTINGS that end in the middle');
    for (let at = start; at < end; at += ENTRY_BYTES) {
      this.#take(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0), uint32(bytes, at + 2));
    }
  }

  #take(id: number, value: number): void {
    if (id === ID.tableBytes) this.tableBytes = value;
    else if (id === ID.push) this.push = atMost(1, value, 'protocol');
    else if (id === ID.streams) this.streams = value;
    else if (id === ID.windowBytes) this.windowBytes = atMost(MOST, value, 'flowControl');
    else if (id === ID.frameBytes) {
      if (value < FRAME_BYTES) throw new Http2Error('protocol', `frames of at most ${value} bytes`);
      // More than that would hold up other streams for longer, and win nothing.
      atMost(2 ** 24 - 1, value, 'protocol');
    }
  }
}

/** The payload of a frame that says so. */
export function settingsPayload(told: Partial<Record<keyof typeof ID, number>>): Buffer {
  const entries = Object.entries(ID).flatMap(([name, id]) => {
    const value = told[name as keyof typeof ID];
    return value === undefined ? [] : [{ id, value }];
  });
  const payload = Buffer.alloc(entries.length * ENTRY_BYTES);
  for (const [nth, { id, value }] of entries.entries()) {
    payload[nth * ENTRY_BYTES + 1] = id;
    writeUint32(payload, value, nth * ENTRY_BYTES + 2);
  }
  return payload;
}

function atMost(most: number, value: number, error: 'protocol' | 'flowControl'): number {
  if (value > most) throw new Http2Error(error, `a setting of ${value}, more than ${most}`);
  return value;
}

const ENTRY_BYTES = 6;
const ID = { tableBytes: 1, push: 2, streams: 3, windowBytes: 4, frameBytes: 5, fieldsBytes: 6 } as const;
