import { mkdirSync, readdirSync, statfsSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TelemetrySpec } from '@islet/spec';
import { encodeBlock, readBlock } from './block.ts';
import { Gaps } from './gaps.ts';
import { Head } from './head.ts';
import { LIMITS } from './limits.ts';
import { expire, keepMsOf } from './retention.ts';
import {
  type LogRow,
  logSchema,
  type MetricRow,
  metricSchema,
  type SpanRow,
  spanSchema,
  type TraceRow,
  traceSchema,
} from './rows.ts';
import { Sampling } from './sampling.ts';
import { type Schema, SIGNALS, type Signal } from './schema.ts';
import { type Keep, Shelf } from './shelf.ts';
import { Wal } from './wal.ts';

export interface StoreOptions {
  readonly folder: string;
  readonly now: () => number;
  /** How the telemetry of a service is kept; of one that is not known, as of one that says nothing. */
  readonly policyOf: (service: string) => TelemetrySpec;
  /** What is free on the disk; a test says it. */
  readonly freeBytes?: (folder: string) => number;
}

/** The kind of row of each signal. */
export interface RowOf {
  readonly logs: LogRow;
  readonly spans: SpanRow;
  readonly traces: TraceRow;
  readonly 'metrics-10s': MetricRow;
  readonly 'metrics-1m': MetricRow;
  readonly 'metrics-1h': MetricRow;
}

const SCHEMAS: { readonly [S in Signal]: Schema<RowOf[S]> } = {
  logs: logSchema,
  spans: spanSchema,
  traces: traceSchema,
  'metrics-10s': metricSchema,
  'metrics-1m': metricSchema,
  'metrics-1h': metricSchema,
};

/** Rows in memory; `first` is the number of the first one. */
export interface Newest<R> {
  readonly rows: readonly R[];
  readonly first: number;
}

/** Whose head holds the newest spans of all services: what becomes of a span is decided by its whole trace. */
const ALL = 'system';

type AnyRow = { readonly service: string };
type Stretch = { readonly from: number; readonly to: number };

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
  #problem: string | undefined;
  /** Since when rows are dropped because the disk takes none. */
  #lostSince: number | undefined;

  private constructor(options: StoreOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o700 });
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

  /** Why nothing is written now; undefined: it is. */
  get problem(): string | undefined {
    return this.#problem;
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
    const found = [...this.#shelves.values()].filter(
      (shelf) => shelf.signal === signal && (service === undefined || shelf.service === service),
    );
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
      this.#ensureFree();
      const blocks = waiting.map(({ signal, service, head, rows }) =>
        encodeBlock({ signal, service, ...rows }, head.schema, 'quick'),
      );
      const ends = new Map(waiting.map(({ key, rows }) => [key, rows.last + 1]));
      this.#wal.append({ blocks, state }, ends);
      for (const { head, rows } of waiting) head.synced(rows.last + 1);
      this.#well();
    } catch (error) {
      this.#ill(error as NodeJS.ErrnoException);
    }
    this.#touch();
  }

  /** Puts into segments what waited long enough, and deletes what is too old or too much. To be called now and then. */
  tend({ all = this.#wal.files > LIMITS.walFiles }: { readonly all?: boolean } = {}): void {
    if (this.#problem === undefined) {
      try {
        this.#sealSpans({ all });
        for (const { signal, service, head } of this.#heads.values()) {
          if (signal !== 'spans') this.#seal(signal, service, head, { all });
        }
        this.#wal.release((key, end) => (this.#heads.get(key)?.head.first ?? 0) >= end);
      } catch (error) {
        this.#ill(error as NodeJS.ErrnoException);
      }
    }
    expire([...this.#shelves.values()], { policyOf: this.#options.policyOf, now: this.#options.now() });
    this.gaps.write();
  }

  /** On disk: of one service, or all. */
  bytes(service?: string): number {
    const own = [...this.#shelves.values()].filter((one) => service === undefined || one.service === service);
    return own.reduce((sum, { bytes }) => sum + bytes, service === undefined ? this.#wal.bytes : 0);
  }

  /** The instant of the oldest row; undefined: there is none. */
  oldest(service?: string): number | undefined {
    const own = [...this.#shelves.values()].filter((one) => service === undefined || one.service === service);
    const oldest = Math.min(...own.flatMap(({ segments }) => segments.map(({ from }) => from)));
    return Number.isFinite(oldest) ? oldest : undefined;
  }

  /** A block whose bytes are not those that were written is passed over, and known to be missing. */
  noteDamaged(signal: Signal, service: string, { from, to }: Stretch): void {
    this.gaps.add({ from, to, why: `stored ${signal} of ${service} are damaged`, of: ['stored'] });
  }

  #head(signal: Signal, service: string): Head<AnyRow> {
    const owner = signal === 'spans' ? ALL : service;
    const key = keyOf(signal, owner);
    const known = this.#heads.get(key);
    if (known !== undefined) return known.head;
    const sealed = this.shelves(signal, owner === ALL ? undefined : owner).map((shelf) => shelf.sealed);
    const head = new Head<AnyRow>(SCHEMAS[signal] as unknown as Schema<AnyRow>, Math.max(0, ...sealed));
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
      for (const lost of shelf.segments.flatMap(lostIn)) this.noteDamaged(shelf.signal, shelf.service, lost);
    }
  }

  /** Rows that are in a segment already, by their numbers, are left. The others get new numbers, and are not yet synced. */
  #recover(): unknown {
    let last: unknown;
    let found = new Map<string, { readonly signal: Signal; readonly service: string; rows: AnyRow[]; end: number }>();
    for (const { blocks, state, restart } of this.#wal.recover()) {
      last = state ?? last;
      if (restart) found = new Map();
      for (const { header, rowsOf } of blocks.map(readBlock)) {
        const { signal, service, first } = header;
        const known = found.get(keyOf(signal, service)) ?? { signal, service, rows: [], end: 0 };
        found.set(keyOf(signal, service), known);
        known.end = Math.max(known.end, header.last + 1);
        const rows = rowsOf(SCHEMAS[signal] as unknown as Schema<AnyRow>);
        if (rows === undefined) this.noteDamaged(signal, service, header);
        for (const [index, row] of (rows ?? []).entries()) {
          if (first + index >= this.#shelf(signal, row.service).sealed) known.rows.push(row);
        }
      }
    }
    for (const [key, { signal, service, rows, end }] of found) {
      const sealed = this.shelves(signal, service === ALL ? undefined : service).map((shelf) => shelf.sealed);
      const head = new Head<AnyRow>(SCHEMAS[signal] as unknown as Schema<AnyRow>, Math.max(end, ...sealed));
      head.append(rows, this.#options.now());
      this.#heads.set(key, { signal, service, head });
    }
    return last;
  }

  /** The file's time is that of the last sync, also of one in which nothing came. */
  #noteAbsence(): void {
    const now = this.#options.now();
    const path = join(this.#options.folder, 'alive');
    const seen = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
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

  #ensureFree(): void {
    const { folder, freeBytes = freeOn } = this.#options;
    const [free, least] = [freeBytes(folder), LIMITS.freeBytes].map((bytes) => Math.floor(bytes / 1024 / 1024));
    if (free === undefined || least === undefined || free >= least) return;
    throw new Error(`${free} MiB are free on the disk: telemetry is not written below ${least} MiB`);
  }

  #well(): void {
    if (this.#lostSince !== undefined) this.#noteLoss();
    this.#lostSince = undefined;
    this.#problem = undefined;
  }

  #ill(error: NodeJS.ErrnoException): void {
    this.#problem = error.code === 'ENOSPC' ? 'the disk is full: telemetry is not written' : error.message;
    const heads = [...this.#heads.values()].map(({ head }) => head);
    const waiting = heads.reduce((sum, head) => sum + (head.unsynced()?.rows.length ?? 0), 0);
    if (waiting < LIMITS.waitingRows) return;
    this.#lostSince ??= this.#options.now();
    for (const head of heads) this.drop('the disk took nothing', head.dropUnsynced());
    this.#noteLoss();
  }

  #noteLoss(): void {
    const to = this.#options.now();
    this.gaps.add({ from: this.#lostSince ?? to, to, why: 'the disk was full', of: ['output', 'otlp', 'metrics'] });
  }

  #seal(signal: Signal, service: string, head: Head<AnyRow>, { all }: { readonly all: boolean }): void {
    const isDue = all || head.olderThan(this.#options.now() - LIMITS.headMs) > 0;
    while (head.sealable >= LIMITS.blockRows || (isDue && head.sealable > 0)) {
      const part = head.oldest(Math.min(head.sealable, LIMITS.blockRows));
      this.#shelf(signal, service).put(part, this.#keep(signal, service));
      head.release(part.rows.length);
    }
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

/** Until its trace is over a span stays, unless too many do. */
function spansToSeal(head: Head<SpanRow>, { all, now }: { readonly all: boolean; readonly now: number }): number {
  const over = all ? head.sealable : head.olderThan(now - LIMITS.traceWaitMs);
  const isDue = all || over >= LIMITS.sampledRows || head.olderThan(now - LIMITS.headMs) > 0;
  const tooMany = head.rows.length > LIMITS.headRows ? head.sealable : 0;
  return Math.min(LIMITS.sampledRows, isDue ? over : tooMany);
}

/** What was between the blocks around it is not known any more. */
function lostIn(segment: Shelf<AnyRow>['segments'][number]): readonly Stretch[] {
  return segment.damage.map(({ at }) => {
    const before = segment.blocks.findLast(({ body }) => body < at)?.header.to ?? segment.from;
    const after = segment.blocks.find(({ body }) => body > at)?.header.from ?? segment.to;
    return { from: Math.min(before, after), to: Math.max(before, after) };
  });
}

function keyOf(signal: Signal, service: string): string {
  return `${service}/${signal}`;
}

function freeOn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
