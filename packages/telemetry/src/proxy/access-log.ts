import { RECORD_VERSION, type RequestRecord } from '@islet/policy';
import { type FilePlace, TailedFile } from '../logs/tailed-file.ts';
import type { SpanRow } from '../store/rows.ts';
import { requestSpans } from './request-spans.ts';

const LINE_FEED = 0x0a;

/** The proxy's access log, read on as spans. Lines that are not whole, or of another version, are passed over. */
export class AccessLogReader {
  readonly #file: TailedFile;
  #rest: Buffer = Buffer.alloc(0);
  #done: FilePlace;

  constructor(path: string, place: FilePlace | undefined) {
    this.#done = place ?? TailedFile.beginning(path);
    this.#file = new TailedFile(path, this.#done);
  }

  get path(): string {
    return this.#file.path;
  }

  get place(): FilePlace {
    return this.#done;
  }

  /** Undefined: nothing came. */
  read(): { readonly spans: readonly SpanRow[]; readonly isAfterLoss: boolean } | undefined {
    const chunk = this.#file.read();
    if (chunk === undefined) return undefined;
    const bytes = this.#rest.length === 0 ? chunk.bytes : Buffer.concat([this.#rest, chunk.bytes]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    this.#rest = bytes.subarray(end);
    this.#done = { at: Math.max(0, chunk.place.at - this.#rest.length), older: chunk.place.older };
    const lines = bytes.toString('utf8', 0, end).split('\n');
    return { spans: lines.flatMap((line) => spansIn(line)), isAfterLoss: chunk.isAfterLoss };
  }
}

function spansIn(line: string): SpanRow[] {
  if (line === '') return [];
  try {
    const record = JSON.parse(line) as RequestRecord;
    return record.v === RECORD_VERSION ? requestSpans(record) : [];
  } catch {
    // The proxy was killed in the middle of it.
    return [];
  }
}
