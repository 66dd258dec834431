import { setTimeout as pause } from 'node:timers/promises';
import { FORWARD_LIMITS, type ForwardLimits } from './limits.ts';
import type { Pace } from './pace.ts';
import { type Outcome, type Verdict, verdictOf, waitMs } from './verdict.ts';

export interface LaneParts<T> {
  /** Called once for each record, in their order. */
  readonly encode: (rows: readonly T[]) => Uint8Array;
  /** Never throws, and settles once `gone` is aborted. */
  readonly send: (body: Uint8Array, gone: AbortSignal) => Promise<Outcome>;
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
 * Records of one signal on their way to one backend. Whoever adds to it never waits: the queue is bounded, what has waited
 * longest is dropped first, and the work is done at a pace of its own, so that a flood costs a part of a core and no more. One message is in flight at a time, so that a backend that comes back is not run over.
 */
export class Lane<T> {
  readonly #parts: LaneParts<T>;
  readonly #limits: ForwardLimits;
  readonly #gone = new AbortController();
  readonly #running: Promise<void>;
  #rows: T[] = [];
  #bytes = 0;
  /** Of the message in flight. */
  #inFlight = 0;
  #counts = { sent: 0, dropped: 0, rejected: 0 };
  #problem: string | undefined;
  #since: number | undefined;
  /** Messages in a row that were not taken. */
  #failures = 0;
  #ending = new AbortController();
  #wake = () => {};

  constructor(parts: LaneParts<T>) {
    this.#parts = parts;
    this.#limits = { ...FORWARD_LIMITS, ...parts.limits };
    this.#running = this.#run();
  }

  get counts(): LaneCounts {
    return {
      ...this.#counts,
      waiting: this.#rows.length + this.#inFlight,
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

  /** Sends what waits, once and without another try, for at most `lastMs`. */
  async close(): Promise<void> {
    this.#ending.abort();
    this.#wake();
    const timer = setTimeout(() => this.#gone.abort(), this.#limits.lastMs);
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
    const { batch, gatherMs } = this.#limits;
    while (!this.#gone.signal.aborted) {
      if (this.#rows.length === 0) {
        if (this.#ending.signal.aborted) return;
        await new Promise<void>((resume) => (this.#wake = resume));
        continue;
      }
      if (this.#rows.length < batch) await this.#pause(gatherMs);
      const rows = this.#rows.splice(0, batch);
      for (const row of rows) this.#bytes -= this.#parts.sizeOf(row);
      this.#inFlight = rows.length;
      const body = await this.#encode(rows);
      if (body !== undefined) await this.#deliver(body, rows.length);
      this.#inFlight = 0;
    }
    this.#counts.dropped += this.#rows.length;
  }

  async #encode(rows: readonly T[]): Promise<Uint8Array | undefined> {
    const { encode, pace } = this.#parts;
    try {
      return await pace.work(() => encode(rows), this.#ending.signal);
    } catch (error) {
      this.#counts.dropped += rows.length;
      this.#problem = `they can't be written as OTLP: ${(error as Error).message}`;
      return undefined;
    }
  }

  async #deliver(body: Uint8Array, items: number): Promise<void> {
    const { now, random = Math.random } = this.#parts;
    const begunAt = now();
    for (;;) {
      const verdict = verdictOf(await this.#parts.send(body, this.#gone.signal), now());
      if (verdict.kind === 'taken') return this.#taken(verdict, items);
      this.#failures++;
      this.#problem = verdict.why;
      this.#since ??= now();
      const afterMs = verdict.kind === 'again' ? verdict.afterMs : undefined;
      const isOver = this.#ending.signal.aborted || now() - begunAt >= this.#limits.giveUpMs;
      if (verdict.kind === 'refused') this.#counts.rejected += items;
      else if (isOver) this.#counts.dropped += items;
      // Whoever refuses everything is not asked as fast as telemetry comes either.
      await this.#pause(waitMs(this.#failures, afterMs, random()));
      if (verdict.kind === 'refused' || isOver) return;
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

  /** Not at the end. */
  async #pause(ms: number): Promise<void> {
    const signal = this.#ending.signal;
    await pause(ms, undefined, { signal, ref: false }).catch(() => undefined);
  }
}
