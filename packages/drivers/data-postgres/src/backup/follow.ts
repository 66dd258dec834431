import type { CallOptions, LogChunk, LogPosition, StoreSource } from '@islet/driver';
import { readLog } from './read-log.ts';
import { streamLog } from './stream-log.ts';

/*
 * The server's log as it is written, in two ways that take turns.
 *
 * While little is committed it is streamed: nobody does anything until something is, and then it comes by itself; a server
 * that is stopped first sends all that it has. But a server wakes whoever streams for each commit, to send a hundred bytes
 * that are stored a quarter of a second later with all others: measured with a thousand commits a second and more, the two
 * who are woken took half as much processor time as the commits themselves.
 *
 * So where much is committed the connection is given up, and the server's files of its log are read four times a second,
 * through a connection that nobody wakes: its cost does not depend on how much is committed. When nothing comes any more,
 * it is streamed again.
 *
 * A replication slot keeps the log on the server for both, and is moved only up to what the caller has made durable.
 */
export async function* followPostgres(
  { source, from }: { readonly source: StoreSource; readonly from: LogPosition | undefined },
  { signal }: CallOptions,
): AsyncGenerator<LogChunk, void> {
  for (let start = from; ; ) {
    const busy = yield* streamLog({ source, from: start }, { signal });
    start = yield* readLog({ source, ...busy }, { signal });
  }
}
