import { mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TelemetrySpec } from '@islet/spec';
import { Disk } from './disk.ts';
import { Gaps } from './gaps.ts';
import { Head } from './head.ts';
import { LIMITS } from './limits.ts';
import { blocksForLog } from './log-blocks.ts';
import { recover } from './recover.ts';
import { expire, keepMsOf } from './retention.ts';
import type { SpanRow } from './rows.ts';
import { Sampling } from './sampling.ts';
import { type Schema, SIGNALS, type Signal } from './schema.ts';
import { sealRows } from './seal-rows.ts';
import { type Keep, Shelf, type Stretch } from './shelf.ts';
import { type RowOf, SCHEMAS } from './signals.ts';
import { spansToSeal } from './spans-to-seal.ts';
import { Wal } from './wal.ts';

export interface StoreOptions {
  readonly folder: string;
  readonly now: () => number;
  /** How the telemetry of a service is kept; of one that is not known, as of one that says nothing. */
  readonly policyOf: (service: string) => TelemetrySpec;
  /** What is free on the disk; a test says it. */
  readonly freeBytes?: (folder: string) => number;
}

/** Rows in memory; `first` is the number of the first one. */
export interface Newest<R> {
  readonly rows: readonly R[];
  readonly first: number;
}

/** Whose head holds the newest spans of all services: what becomes of a span is decided by its whole trace. */
const ALL = 'system';

type AnyRow = { readonly service: string };

/**
 * All telemetry of a system. What comes is in memory at once, within a second in the log of what came, and within minutes
 * in segments. Nothing of it throws because of the disk: what a disk does not take waits in memory, then is dropped, counted,
 * and marked as a gap.
 */
export class Store {
  readonly gaps: Gaps;
  readonly #options: StoreOptions;
  readonly #wal: Wal;
  readonly #heads = new Map<
    string,
    { readonly signal: Signal; readonly service: string; readonly head: Head<AnyRow> }
  >();
  readonly #shelves = new Map<string, Shelf<AnyRow>>();
  readonly #sampling = new Sampling();
  readonly #dropped = new Map<string, number>();
  readonly #disk: Disk;

  private constructor(options: StoreOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
    this.#disk = new Disk(options.folder, options.freeBytes);
    this.gaps = new Gaps(join(options.folder, 'gaps.json'));
    this.#wal = new Wal(join(options.folder, 'wal'));
  }

  /** `state` is what was committed last beside the rows; undefined: nothing ever was. */
  static open(options: StoreOptions): { readonly store: Store; readonly state: unknown } {
    const store = new Store(options);
    store.#findShelves();
    const state = store.#recover();
    store.#noteAbsence();
    return { store, state };
  }

  /** Why nothing is written now. */
  get problem(): string | undefined {
    return this.#disk.problem;
  }

  /** Rows that were not taken, by reason. */
  get dropped(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#dropped);
  }

  get services(): readonly string[] {
    const named = [...this.#shelves.values(), ...this.#heads.values()].map(({ service }) => service);
    return [...new Set(named)].filter((service) => service !== ALL || this.bytes(ALL) > 0).sort();
  }

  shelves<S extends Signal>(signal: S, service?: string): readonly Shelf<RowOf[S]>[] {
    const found = this.#of(service).filter((shelf) => shelf.signal === signal);
    return found as unknown as readonly Shelf<RowOf[S]>[];
  }

  /** The newest rows of a signal, which are in no segment yet, one list for each head. */
  heads<S extends Signal>(signal: S, service?: string): readonly Newest<RowOf[S]>[] {
    const isAsked = (of: string) => service === undefined || of === service || of === ALL;
    const found = [...this.#heads.values()].filter((one) => one.signal === signal && isAsked(one.service));
    return found.map(({ head }) => ({ rows: head.rows as unknown as readonly RowOf[S][], first: head.first }));
  }

  /** Rows of one service, in the order in which they came. */
  add<S extends Signal>(signal: S, service: string, rows: readonly RowOf[S][]): void {
    if (rows.length === 0) return;
    if (SERVICE.test(service)) this.#head(signal, service).append(rows, this.#options.now());
    else this.drop('no service has such a name', rows.length);
  }

  drop(why: string, rows: number): void {
    this.#dropped.set(why, (this.#dropped.get(why) ?? 0) + rows);
  }

  /** Makes durable what came, and with it the state. */
  sync(state: unknown): void {
    const waiting = [...this.#heads].flatMap(([key, one]) => {
      const rows = one.head.unsynced();
      return rows === undefined ? [] : [{ key, ...one, rows }];
    });
    try {
      this.#disk.ensureFree();
      const logged = waiting.map((one) => ({ ...one, blocks: blocksForLog(one, one.head.schema) }));
      const ends = new Map(waiting.map(({ key, rows }) => [key, rows.last + 1]));
      this.#wal.append({ blocks: logged.flatMap(({ blocks }) => blocks.map(({ bytes }) => bytes)), state }, ends);
      for (const { head, rows, blocks } of logged)
        head.synced(
          rows.last + 1,
          blocks.filter(({ isFinal }) => isFinal),
        );
      const lostSince = this.#disk.recover();
      if (lostSince !== undefined) this.#noteLoss(lostSince);
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
    this.#touch();
  }

  /** Puts into segments what waited long enough, and deletes what is too old or too much. To be called now and then. */
  tend({ all = this.#wal.files > LIMITS.walFiles }: { readonly all?: boolean } = {}): void {
    if (this.problem === undefined) {
      try {
        this.#sealSpans({ all });
        for (const { signal, service, head } of this.#heads.values()) {
          if (signal !== 'spans') this.#seal(signal, service, head, { all });
        }
        this.#wal.release((key, end) => (this.#heads.get(key)?.head.first ?? 0) >= end);
      } catch (error) {
        this.#fail(error as NodeJS.ErrnoException);
      }
    }
    expire([...this.#shelves.values()], { policyOf: this.#options.policyOf, now: this.#options.now() });
    this.gaps.write();
  }

  /** On disk: of one service, or all. */
  bytes(service?: string): number {
    return this.#of(service).reduce((sum, { bytes }) => sum + bytes, service === undefined ? this.#wal.bytes : 0);
  }

  /** The instant of the oldest row; undefined: there is none. */
  oldest(service?: string): number | undefined {
    const oldest = Math.min(...this.#of(service).flatMap(({ segments }) => segments.map(({ from }) => from)));
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  /** A block whose bytes are not those that were written is passed over, and known to be missing. */
  noteDamaged(signal: Signal, service: string, { from, to }: Stretch): void {
    this.gaps.add({ from, to, why: `stored ${signal} of ${service} are damaged`, of: ['stored'] });
  }

  #of(service: string | undefined): readonly Shelf<AnyRow>[] {
    return [...this.#shelves.values()].filter((shelf) => service === undefined || shelf.service === service);
  }

  #head(signal: Signal, service: string): Head<AnyRow> {
    const owner = signal === 'spans' ? ALL : service;
    const key = keyOf(signal, owner);
    const known = this.#heads.get(key);
    if (known !== undefined) return known.head;
    const head = new Head(SCHEMAS[signal] as unknown as Schema<AnyRow>, this.#sealed(signal, owner));
    this.#heads.set(key, { signal, service: owner, head });
    return head;
  }

  #shelf(signal: Signal, service: string): Shelf<AnyRow> {
    const key = keyOf(signal, service);
    const known = this.#shelves.get(key);
    if (known !== undefined) return known;
    const folder = join(this.#options.folder, 'services', service, signal);
    const made = new Shelf({ folder, signal, service }, SCHEMAS[signal] as unknown as Schema<AnyRow>);
    this.#shelves.set(key, made);
    return made;
  }

  #findShelves(): void {
    const folder = join(this.#options.folder, 'services');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    for (const service of readdirSync(folder)) {
      for (const signal of readdirSync(join(folder, service))) {
        if ((SIGNALS as readonly string[]).includes(signal)) this.#shelf(signal as Signal, service);
      }
    }
    for (const shelf of this.#shelves.values()) {
      for (const lost of shelf.lost()) this.noteDamaged(shelf.signal, shelf.service, lost);
    }
  }

  /** The rows get new numbers, and are not yet synced: the next commit says all of them again. */
  #recover(): unknown {
    const schemaOf = (signal: Signal) => SCHEMAS[signal] as unknown as Schema<AnyRow>;
    const { heads, state, damaged } = recover<AnyRow>(this.#wal.recover(), {
      schemaOf,
      isSealed: (signal, row, number) => number < this.#shelf(signal, row.service).sealed,
    });
    for (const { signal, service, ...stretch } of damaged) this.noteDamaged(signal, service, stretch);
    for (const { signal, service, rows, end } of heads) {
      const head = new Head(schemaOf(signal), Math.max(end, this.#sealed(signal, service)));
      head.append(rows, this.#options.now());
      this.#heads.set(keyOf(signal, service), { signal, service, head });
    }
    return state;
  }

  /** The number after the last row in segments that came through the head of that name. */
  #sealed(signal: Signal, owner: string): number {
    const shelves = this.shelves(signal, owner === ALL ? undefined : owner);
    return Math.max(0, ...shelves.map((shelf) => shelf.sealed));
  }

  /** The file's time is that of the last sync, also of one in which nothing came. */
  #noteAbsence(): void {
    const now = this.#options.now();
    const seen = statSync(join(this.#options.folder, 'alive'), { throwIfNoEntry: false })?.mtimeMs;
    if (seen !== undefined && now - seen > LIMITS.gapMs) {
      this.gaps.add({ from: seen, to: now, why: 'telemetry was not running', of: ['otlp', 'metrics'] });
    }
    this.#touch();
  }

  #touch(): void {
    const path = join(this.#options.folder, 'alive');
    const seconds = this.#options.now() / 1000;
    try {
      writeFileSync(path, '', { mode: 0o600, flag: 'a' });
      utimesSync(path, seconds, seconds);
    } catch {
      // It can't be made on a disk that is full; whoever comes next then knows of no gap before it.
    }
  }

  /** Rows wait in memory for a disk that takes none, up to a limit. */
  #fail(error: NodeJS.ErrnoException): void {
    this.#disk.fail(error);
    const heads = [...this.#heads.values()].map(({ head }) => head);
    const waiting = heads.reduce((sum, head) => sum + (head.unsynced()?.rows.length ?? 0), 0);
    if (waiting < LIMITS.waitingRows) return;
    const since = this.#disk.lose(this.#options.now());
    for (const head of heads) this.drop('the disk took nothing', head.dropUnsynced());
    this.#noteLoss(since);
  }

  #noteLoss(from: number): void {
    const to = this.#options.now();
    this.gaps.add({ from, to, why: 'the disk was full', of: ['output', 'otlp', 'metrics'] });
  }

  #seal(signal: Signal, service: string, head: Head<AnyRow>, { all }: { readonly all: boolean }): void {
    const isDue = all || head.olderThan(this.#options.now() - LIMITS.headMs) > 0;
    sealRows(head, { isDue, shelf: () => this.#shelf(signal, service), keep: () => this.#keep(signal, service) });
  }

  /** What is decided of a trace is decided of all its spans, so they go from one head to the shelves of many services. */
  #sealSpans({ all }: { readonly all: boolean }): void {
    const head = this.#heads.get(keyOf('spans', ALL))?.head as unknown as Head<SpanRow> | undefined;
    while (head !== undefined && head.sealable > 0) {
      const count = spansToSeal(head, { all, now: this.#options.now() });
      if (count === 0) return;
      const { rows, first, last } = head.oldest(count);
      const taken = this.#sampling.take(rows, (service) => this.#options.policyOf(service).traces);
      for (const [service, traces] of Map.groupBy(taken.traces, (trace) => trace.service))
        this.add('traces', service, traces);
      for (const [service, spans] of Map.groupBy(taken.spans, (span) => span.service)) {
        this.#shelf('spans', service).put({ rows: spans, first, last }, this.#keep('spans', service));
      }
      head.release(count);
    }
  }

  #keep(signal: Signal, service: string): Keep {
    const policy = this.#options.policyOf(service);
    return { keepMs: keepMsOf(signal, policy), maxBytes: policy.maxDiskBytes };
  }
}

/** As services are named; `machine`, `gateway` and `islet` are Islet's own. */
const SERVICE = /^[a-z][a-z0-9-]{0,39}$/;

function keyOf(signal: Signal, service: string): string {
  return `${service}/${signal}`;
}
