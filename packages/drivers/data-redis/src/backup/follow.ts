import { setTimeout as pause } from 'node:timers/promises';
import { type CallOptions, DriverError, type LogChunk, type LogPosition, type StoreSource } from '@islet/driver';
import { writeFrame } from './frames.ts';
import { type Beginning, Incoming, lost } from './incoming.ts';
import { placeOf, positionOf } from './position.ts';
import { askForCopy, reach, tellingOf } from './server.ts';
import { parseSource, type RedisSource } from './source.ts';
import type { Wire } from './wire.ts';

/** From the first that came, so that more comes along. RPO is this, and the time to store it. */
const GATHER_MS = 250;
const QUIET_MS = 5_000;
const CHUNK_BYTES = 4 * 1024 * 1024;

/**
 * What the server tells its replicas, received as one of them: every change, in the order in which they were made. The server
 * says by another connection how far it is: what it had told by then was all that anybody had been answered.
 *
 * A server that was started anew begins anew: what it no longer has is `not-found`, and the next copy begins a new stretch.
 */
export async function* followRedis(
  { source, from }: { readonly source: StoreSource; readonly from: LogPosition | undefined },
  { signal }: CallOptions,
): AsyncGenerator<LogChunk, void> {
  const server = parseSource(source);
  using asking = await reach(server, signal);
  const beginning =
    from === undefined ? await firstPlace(server, asking, signal) : await samePlace(from, server, asking);
  using incoming = await Incoming.from(beginning, server, signal);
  let { reached: _then, ...place } = beginning;
  let toldAt = 0;
  for (let isWhole = true; ; ) {
    if (isWhole) await incoming.some(toldAt === 0 ? 0 : QUIET_MS);
    if (isWhole && incoming.hasSome) await pause(GATHER_MS, undefined, { signal });
    signal.throwIfAborted();
    const at = Date.now();
    isWhole = await incoming.reached((await tellingOf(asking)).offset);
    const frames = incoming.take(CHUNK_BYTES);
    isWhole &&= !incoming.hasSome;
    const last = frames.at(-1);
    if (last === undefined && at < toldAt + QUIET_MS) continue;
    const next = last === undefined ? place : { ...place, offset: last.offset + last.bytes.length };
    const bytes = Buffer.concat(frames.map(writeFrame));
    yield { from: positionOf(place), to: positionOf(next), at: isWhole ? at : 0, bytes };
    // Asking for more says that it is durable.
    incoming.acknowledge(next.offset);
    place = next;
    toldAt = at;
  }
}

async function samePlace(from: LogPosition, { start }: RedisSource, asking: Wire): Promise<Beginning> {
  const place = placeOf(from);
  const { stream, offset, kept } = await tellingOf(asking);
  if (place.start !== start || place.stream !== stream || kept === undefined) throw lost();
  if (place.offset < kept || place.offset > offset) throw lost();
  return { ...place, reached: offset };
}

/** Where what the server still has begins. It keeps nothing before it had its first replica: then this is the first. */
async function firstPlace(server: RedisSource, asking: Wire, signal: AbortSignal): Promise<Beginning> {
  if ((await tellingOf(asking)).kept === undefined) {
    using replica = await reach(server, signal);
    await askForCopy(replica);
  }
  // Whoever copies may have been the first: what comes after that copy must be in the log.
  const { stream, kept, offset } = await tellingOf(asking);
  if (kept === undefined) throw new DriverError('unavailable', 'the server keeps nothing for its replicas');
  return { start: server.start, stream, offset: kept, reached: offset };
}
