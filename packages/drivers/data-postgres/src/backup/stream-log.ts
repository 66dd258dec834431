import { type CallOptions, DriverError, type LogChunk, type LogPosition, type StoreSource } from '@islet/driver';
import { holdClient } from '../connect.ts';
import { LIMITS } from '../options.ts';
import { CopyStream } from './copy-stream.ts';
import { lsnOf, lsnText, positionOf, segmentStart } from './lsn.ts';
import {
  parseSource,
  readFacts,
  readSlot,
  replicationError,
  type ServerFacts,
  SLOT,
  withReplication,
} from './source.ts';

/** Much is committed; what was handed out ends there. */
export interface Busy {
  readonly from: LogPosition;
  readonly facts: ServerFacts;
}

/**
 * Through a physical replication slot, until much is committed. What was committed in a quarter of a second comes as one
 * chunk. The server is told "flushed up to here" only for what the caller has made durable, and keeps the rest, whoever dies.
 *
 * While nothing is written an empty chunk says from time to time that nothing was.
 */
export async function* streamLog(
  { source, from }: { readonly source: StoreSource; readonly from: LogPosition | undefined },
  { signal }: CallOptions,
): AsyncGenerator<LogChunk, Busy> {
  try {
    await using held = await holdClient((act) => withReplication(parseSource(source), signal, act));
    const { client } = held;
    const facts = await readFacts(client);
    const start = from === undefined ? segmentStart(await readSlot(client), facts.segmentBytes) : lsnOf(from);
    const following = new Following(start, facts.timeline);
    // An abort breaks the connection by itself.
    client.query(following.stream);
    for (;;) {
      const { chunk, messages } = await following.nextChunk(signal);
      yield chunk;
      following.acknowledge(lsnOf(chunk.to));
      if (messages >= LIMITS.busyMessages) return { from: chunk.to, facts };
    }
  } catch (error) {
    signal.throwIfAborted();
    throw replicationError(error);
  }
}

/** Microseconds between the epochs of Unix and PostgreSQL. */
const EPOCH_US = 946_684_800_000_000n;

class Following {
  readonly stream: CopyStream;
  #received: bigint;
  #acknowledged: bigint;
  /** What the server had written when it last said so. */
  #serverAt: bigint;
  /** By the server's clock: all that was committed by then has been received. 0: not known. */
  #wholeAt = 0;
  /** The same, by an answer to a question of ours. */
  #answeredAt = 0;

  constructor(start: bigint, timeline: number) {
    this.#received = start;
    this.#acknowledged = start;
    this.#serverAt = start;
    const command = `START_REPLICATION SLOT ${SLOT} PHYSICAL ${lsnText(start)} TIMELINE ${timeline}`;
    this.stream = new CopyStream(command, (message) => this.#notice(message));
  }

  /** Waits for something to come, then for what comes with it. */
  async nextChunk(signal: AbortSignal): Promise<{ readonly chunk: LogChunk; readonly messages: number }> {
    const parts: Buffer[] = [];
    let bytes = 0;
    let until: number | undefined;
    const begin = this.#received;
    let end = begin;
    for (;;) {
      signal.throwIfAborted();
      const now = Date.now();
      if (until !== undefined && (now >= until || bytes >= LIMITS.chunkBytes)) break;
      const message = await this.stream.next(until === undefined ? LIMITS.quietMs : until - now);
      if (message !== undefined) {
        const start = message.readBigUInt64BE(1);
        if (start !== end)
          throw new DriverError('unavailable', `the log goes on at ${lsnText(start)}, not at ${lsnText(end)}`);
        const body = message.subarray(XLOG_HEAD_BYTES);
        parts.push(body);
        bytes += body.length;
        end += BigInt(body.length);
        this.#answeredAt = 0;
        // A server that is ahead of what it sends has committed more than this.
        if (message.readBigUInt64BE(9) <= end) this.#wholeAt = instantIn(message, 17);
        until ??= Date.now() + LIMITS.chunkMs;
      } else if (this.stream.hasEnded) {
        throw new DriverError('unavailable', 'the server ended the stream of its log');
      } else if (until === undefined) {
        const quiet = this.#quiet(end);
        if (quiet !== undefined) return { chunk: quiet, messages: 0 };
      }
    }
    this.#received = end;
    const chunk = { from: positionOf(begin), to: positionOf(end), at: this.#wholeAt, bytes: Buffer.concat(parts) };
    return { chunk, messages: parts.length };
  }

  acknowledge(lsn: bigint): void {
    if (lsn === this.#acknowledged) return;
    this.#acknowledged = lsn;
    this.#sendStatus({ ask: false });
  }

  /** Asks the server how far it is, and hands on its last answer. */
  #quiet(at: bigint): LogChunk | undefined {
    this.#sendStatus({ ask: true });
    const answeredAt = this.#answeredAt;
    this.#answeredAt = 0;
    if (answeredAt === 0 || this.#serverAt > at) return undefined;
    this.#wholeAt = answeredAt;
    return { from: positionOf(at), to: positionOf(at), at: answeredAt, bytes: new Uint8Array(0) };
  }

  /** `w`: log. `k`: how far the server is, and whether it wants an answer, which it gets whoever is busy. */
  #notice(message: Buffer): 'keep' | 'done' {
    const kind = String.fromCharCode(message[0] ?? 0);
    if (kind === 'w') return 'keep';
    if (kind === 'k') {
      this.#serverAt = message.readBigUInt64BE(1);
      this.#answeredAt = instantIn(message, 9);
      if (message[17] === 1) this.#sendStatus({ ask: false });
    }
    return 'done';
  }

  #sendStatus({ ask }: { readonly ask: boolean }): void {
    const status = Buffer.alloc(34);
    status.write('r');
    for (const offset of [1, 9, 17]) status.writeBigUInt64BE(this.#acknowledged, offset);
    status.writeBigInt64BE(BigInt(Date.now()) * 1000n - EPOCH_US, 25);
    status[33] = ask ? 1 : 0;
    this.stream.send(status);
  }
}

/** Letter, start, the server's end, its clock. */
const XLOG_HEAD_BYTES = 25;

function instantIn(message: Buffer, offset: number): number {
  return Number((message.readBigInt64BE(offset) + EPOCH_US) / 1000n);
}
