import { type CallOptions, type CopyFacts, DriverError, type StoreSource } from '@islet/driver';
import { positionOf } from './position.ts';
import { askForCopy, reach } from './server.ts';
import { parseSource } from './source.ts';
import type { Wire } from './wire.ts';

/** The whole data as the server sends it to a new replica: made by a process of its own, as of one place in the stream. */
export async function* copyRedis(source: StoreSource, { signal }: CallOptions): AsyncGenerator<Uint8Array, CopyFacts> {
  signal.throwIfAborted();
  const server = parseSource(source);
  using wire = await reach(server, signal);
  const { stream, offset } = await askForCopy(wire);
  const head = await wire.line();
  const mark = /^\$EOF:(.{40})$/.exec(head)?.[1];
  const length = /^\$(\d+)$/.exec(head)?.[1];
  if (mark !== undefined) yield* untilMark(wire, Buffer.from(mark));
  else if (length !== undefined) yield* ofLength(wire, Number(length));
  else throw new DriverError('unavailable', `the server sends no copy: ${head.slice(0, 80)}`);
  const at = positionOf({ start: server.start, stream, offset });
  return { needs: { from: at, to: at }, notes: {} };
}

/** Nothing comes after the mark until the server is told that it has arrived. */
async function* untilMark(wire: Wire, mark: Buffer): AsyncGenerator<Uint8Array, void> {
  let held: Buffer = Buffer.alloc(0);
  for (;;) {
    held = Buffer.concat([held, await wire.read()]);
    const end = held.length - mark.length;
    if (end < 0) continue;
    if (end > 0) yield held.subarray(0, end);
    held = held.subarray(end);
    if (held.equals(mark)) return;
  }
}

/** A server that writes its copies to disk first knows how long they are. */
async function* ofLength(wire: Wire, length: number): AsyncGenerator<Uint8Array, void> {
  for (let left = length; left > 0; ) {
    const bytes = (await wire.read()).subarray(0, left);
    left -= bytes.length;
    yield bytes;
  }
}
