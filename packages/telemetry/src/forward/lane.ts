import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { FORWARD_LIMITS, type ForwardLimits } from './limits.ts';
import type { Message } from './message.ts';
import { Outbox } from './outbox.ts';
import type { Pace } from './pace.ts';
import type { Spool } from './spool.ts';
import { type Outcome, type Verdict, verdictOf, waitMs } from './verdict.ts';

const compress = promisify(gzip);

export interface LaneParts<T> {
  /** Called once for each record, in their order. */
  readonly encode: (rows: readonly T[]) => Uint8Array;
  readonly isGzip?: boolean;
  /** Never throws, and settles once `gone` is aborted. */
  readonly send: (message: Message, gone: AbortSignal) => Promise<Outcome>;
  /** Where messages wait; asked once, as soon as nobody else has it. Absent: in memory alone. */
  readonly spool?: () => Promise<Spool>;
  /** On the disk, of this lane. */
  readonly queueBytes?: number;
  readonly sizeOf: (row: T) => number;
  /** Shared with the other lanes. */
  readonly pace: Pace;
  readonly now: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<ForwardLimits>;
}

export interface LaneCounts {
  /** Taken by the backend. */
  readonly sent: number;
  readonly waiting: number;
  /** Waited in vain: the backend was away for too long. */
  readonly dropped: number;
  /** Refused by the backend, for good. */
  readonly rejected: number;
  /** Why the last message did not arrive, or not whole; absent: it did. */
  readonly problem?: string;
  /** Since when none does. */
  readonly since?: number;
}

/**
 * Records of one signal on their way to one backend. Whoever adds to it never waits: what is added is bounded, what has waited
 * longest is dropped first, and the work is done at a pace of its own, so that a flood costs a part of a core and no more. One
 * loop makes messages of them and puts these into an outbox, another one sends what is in there: so a backend that is away
 * costs the disk and nothing else. One message is in flight at a time, so that a backend that comes back is not run over.
 */
export class Lane<T> {
  readonly #parts: LaneParts<T>;
  readonly #limits: ForwardLimits;
  readonly #gone = new AbortController();
  readonly #ending = new AbortController();
  readonly #running: Promise<void>;
  /** Undefined: it is not open yet. */
  #outbox: Outbox | undefined;
  #rows: T[] = [];
  #bytes = 0;
  /** Of what is being made a message. */
  #packing = 0;
  #hasPacked = false;
  #counts = { sent: 0, dropped: 0, rejected: 0 };
  #problem: string | undefined;
  #since: number | undefined;
  /** Messages in a row that were not taken. */
  #failures = 0;
  #changed = Promise.withResolvers<void>();

  constructor(parts: LaneParts<T>) {
    this.#parts = parts;
    this.#limits = { ...FORWARD_LIMITS, ...parts.limits };
    this.#running = this.#run();
  }

  get counts(): LaneCounts {
    return {
      ...this.#counts,
      dropped: this.#counts.dropped + (this.#outbox?.lost ?? 0),
      waiting: this.#rows.length + this.#packing + (this.#outbox?.items ?? 0),
      ...(this.#problem !== undefined && { problem: this.#problem }),
      ...(this.#since !== undefined && { since: this.#since }),
    };
  }

  add(rows: readonly T[]): void {
    if (this.#ending.signal.aborted) return;
    for (const row of rows) {
      this.#rows.push(row);
      this.#bytes += this.#parts.sizeOf(row);
    }
    this.#bound();
    this.#wake();
  }

  /** Sends what waits, once and without another try, for at most `lastMs`; the rest stays on the disk. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    const timer = setTimeout(() => {
      this.#gone.abort();
      this.#wake();
    }, this.#limits.lastMs);
    await this.#running;
    clearTimeout(timer);
  }

  #bound(): void {
    const { waiting, waitingBytes } = this.#limits;
    let drop = Math.max(0, this.#rows.length - waiting);
    for (let at = 0; at < drop; at++) this.#bytes -= this.#sizeAt(at);
    while (this.#bytes > waitingBytes && drop < this.#rows.length) this.#bytes -= this.#sizeAt(drop++);
    if (drop === 0) return;
    this.#rows.splice(0, drop);
    this.#counts.dropped += drop;
  }

  #sizeAt(index: number): number {
    const row = this.#rows[index];
    return row === undefined ? 0 : this.#parts.sizeOf(row);
  }

  async #run(): Promise<void> {
    const { spool, queueBytes = 0 } = this.#parts;
    const outbox = new Outbox({
      spool: await spool?.().catch((error: Error) => {
        this.#problem = `what waits can't be kept on the disk: ${error.message}`;
        return undefined;
      }),
      maxBytes: queueBytes,
      inMemory: this.#limits.messages,
    });
    this.#outbox = outbox;
    await Promise.all([this.#packAll(outbox), this.#sendAll(outbox)]);
    outbox.close();
    this.#counts.dropped += this.#rows.splice(0).length;
  }

  async #packAll(outbox: Outbox): Promise<void> {
    const { batch, gatherMs } = this.#limits;
    for (;;) {
      if (this.#rows.length === 0) {
        if (this.#ending.signal.aborted) break;
        await this.#change();
        continue;
      }
      if (this.#rows.length < batch) await this.#pause(gatherMs);
      while (!outbox.hasRoom && !this.#gone.signal.aborted) await this.#change();
      if (!outbox.hasRoom) break;
      const rows = this.#rows.splice(0, batch);
      for (const row of rows) this.#bytes -= this.#parts.sizeOf(row);
      this.#packing = rows.length;
      const message = await this.#pack(rows);
      this.#packing = 0;
      if (message !== undefined) outbox.add(message);
      this.#wake();
    }
    this.#hasPacked = true;
    this.#wake();
  }

  async #pack(rows: readonly T[]): Promise<Message | undefined> {
    const { encode, pace, isGzip = false } = this.#parts;
    try {
      const body = await pace.work(() => encode(rows), this.#ending.signal);
      return { items: rows.length, body: isGzip ? await compress(body) : body, isGzip };
    } catch (error) {
      this.#counts.dropped += rows.length;
      this.#problem = `they can't be written as OTLP: ${(error as Error).message}`;
      return undefined;
    }
  }

  async #sendAll(outbox: Outbox): Promise<void> {
    while (!this.#gone.signal.aborted) {
      if (outbox.length > 0) {
        if ((await this.#deliver(outbox)) === 'again' && this.#ending.signal.aborted) return;
      } else if (this.#hasPacked) return;
      else await this.#change();
    }
  }

  /**
   * Tries the oldest message until it is taken or refused. One that is never taken may be what a backend chokes on, or the
   * backend is away: after a while the message behind it is tried. If that one is taken it was the first one's fault.
   */
  async #deliver(outbox: Outbox): Promise<Verdict['kind']> {
    const { now, random = Math.random } = this.#parts;
    for (let begunAt = now(); ; ) {
      const isStuck = now() - begunAt >= this.#limits.giveUpMs && outbox.length > 1;
      const place = isStuck ? 1 : 0;
      const message = outbox.take(place);
      if (message === undefined) return 'refused';
      const verdict = verdictOf(await this.#parts.send(message, this.#gone.signal), now());
      if (verdict.kind === 'taken') {
        outbox.remove(place);
        if (isStuck) outbox.drop(0);
        this.#taken(verdict, message.items);
        this.#wake();
        return verdict.kind;
      }
      this.#failures++;
      this.#problem = verdict.why;
      this.#since ??= now();
      if (verdict.kind === 'refused') {
        outbox.remove(place);
        this.#counts.rejected += message.items;
      } else outbox.keep();
      this.#wake();
      // Whoever refuses everything is not asked as fast as telemetry comes either.
      await this.#pause(waitMs(this.#failures, verdict.kind === 'again' ? verdict.afterMs : undefined, random()));
      if (verdict.kind === 'refused' || this.#ending.signal.aborted) return verdict.kind;
      if (isStuck) begunAt = now();
    }
  }

  #taken({ rejected, why }: Extract<Verdict, { kind: 'taken' }>, items: number): void {
    const lost = Math.min(items, rejected);
    this.#counts.sent += items - lost;
    this.#counts.rejected += lost;
    this.#failures = 0;
    this.#since = undefined;
    this.#problem = lost === 0 ? undefined : `it took a part of them only${why === '' ? '' : `: ${why}`}`;
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  /** Until something has come, was sent, or ends. */
  #change(): Promise<void> {
    return this.#changed.promise;
  }

  /** Not at the end. */
  async #pause(ms: number): Promise<void> {
    const signal = this.#ending.signal;
    await pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
