import { join } from 'node:path';
import { type ErrorBook, type MapOf, mapFrames, ofException, ofLog, type Source, sourceMaps } from '@islet/errors';
import { OWN_SERVICE } from '../logs/all-output.ts';
import { attributesOf, type LogRow, type SpanRow } from '../store/rows.ts';
import type { Listener } from '../taken.ts';

export interface WatchParts {
  readonly book: ErrorBook;
  /** Folders of services, with the files of their revisions; undefined: not known yet. */
  readonly services: () => string | undefined;
  readonly now: () => number;
}

/** Of one service, in one second: a service that does nothing but throw must not keep others from being heard. */
const PER_SECOND = 500;

interface OtlpEvent {
  readonly at: number;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Finds in everything that comes what was thrown: in spans' exceptions, in logs, and in the last words of what crashed. */
export class ErrorWatch {
  readonly listener: Listener = { spans: (rows) => this.#spans(rows), logs: (rows) => this.#logs(rows) };
  readonly #parts: WatchParts;
  readonly #maps = new Map<string, MapOf>();
  readonly #spent = new Map<string, number>();
  #second = 0;
  #problem: string | undefined;

  constructor(parts: WatchParts) {
    this.#parts = parts;
  }

  get problem(): string | undefined {
    return this.#problem;
  }

  /** Writes what is new; where it can't, it is tried again, and said. */
  keep(): void {
    try {
      this.#parts.book.keep();
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `errors are not being kept: ${(error as Error).message}`;
    }
  }

  close(): void {
    this.keep();
    this.#parts.book.close();
  }

  #spans(rows: readonly SpanRow[]): void {
    for (const row of rows) {
      if (!row.events.includes('"exception"') || !this.#mayLook(row.service)) continue;
      for (const { name, at, attributes } of JSON.parse(row.events) as readonly OtlpEvent[]) {
        if (name === 'exception')
          this.#parts.book.add(ofException(sourceOf({ ...row, at }), attributes, this.#mapped(row)));
      }
    }
  }

  #logs(rows: readonly LogRow[]): void {
    for (const row of rows) {
      // What Islet itself says of its work is for `islet logs islet`, and what came of a drill is told by it.
      if (row.service === OWN_SERVICE || isOfDrill(row) || !mayTellOfError(row) || !this.#mayLook(row.service))
        continue;
      const { level, text } = row;
      const log = { ...sourceOf(row), level, text, attributes: attributesOf(row.attributes) };
      const found = ofLog(log, this.#mapped(row));
      if (found !== undefined) this.#parts.book.add(found);
    }
  }

  #mapped({ service }: { readonly service: string }) {
    const services = this.#parts.services();
    if (services === undefined) return undefined;
    const within = join(services, service, 'revisions');
    const mapOf = this.#maps.get(within) ?? sourceMaps(within);
    this.#maps.set(within, mapOf);
    return (thrown: Parameters<typeof mapFrames>[0]) => mapFrames(thrown, mapOf);
  }

  #mayLook(service: string): boolean {
    const second = Math.floor(this.#parts.now() / 1000);
    if (second !== this.#second) this.#spent.clear();
    this.#second = second;
    const spent = this.#spent.get(service) ?? 0;
    this.#spent.set(service, spent + 1);
    return spent < PER_SECOND;
  }
}

/** Stores that a drill brings back run beside the service's own, as `drill.orders`; no service has a name with a dot. */
function isOfDrill({ service }: LogRow): boolean {
  return service.includes('.');
}

/** Told cheaply: most rows are neither. */
function mayTellOfError({ level, text, attributes }: LogRow): boolean {
  return level === 'error' || level === 'fatal' || text.includes('\n') || attributes.includes('"exception.');
}

function sourceOf({ at, service, revision, instance, trace }: SpanRow | LogRow): Source {
  const known = (value: string) => (value === '' ? undefined : value);
  return { at, service, revision: known(revision), instance: known(instance), trace: known(trace) };
}
