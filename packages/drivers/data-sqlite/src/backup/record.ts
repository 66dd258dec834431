/**
 * What is stored of SQLite's log: one record per transaction, with the instant at which it was seen. Of one that is too
 * large for that there are several, of which only the last says how many pages the database has; nothing of it holds before.
 */
export interface LogRecord {
  /** The transaction was committed by then, and not much earlier. */
  readonly at: number;
  readonly pageBytes: number;
  /** After the transaction; 0: more of it follows. */
  readonly databasePages: number;
  readonly pages: readonly PageImage[];
}

export interface PageImage {
  /** The first is 1. */
  readonly page: number;
  readonly bytes: Buffer;
}

const HEAD_BYTES = 20;
const PAGE_HEAD_BYTES = 4;

export function encodeRecord({ at, pageBytes, databasePages, pages }: LogRecord): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeBigUInt64BE(BigInt(at), 0);
  head.writeUInt32BE(pageBytes, 8);
  head.writeUInt32BE(databasePages, 12);
  head.writeUInt32BE(pages.length, 16);
  const parts = pages.flatMap(({ page, bytes }) => {
    const pageHead = Buffer.alloc(PAGE_HEAD_BYTES);
    pageHead.writeUInt32BE(page);
    return [pageHead, bytes];
  });
  return Buffer.concat([head, ...parts]);
}

/** Throws a `RangeError` where the bytes end within a record: they were opened by their seal, so nobody altered them. */
export function* decodeRecords(log: Uint8Array): Generator<LogRecord> {
  const bytes = Buffer.from(log.buffer, log.byteOffset, log.byteLength);
  for (let offset = 0; offset < bytes.length; ) {
    const at = Number(bytes.readBigUInt64BE(offset));
    const [pageBytes, databasePages, count] = [8, 12, 16].map((field) => bytes.readUInt32BE(offset + field));
    if (pageBytes === undefined || databasePages === undefined || count === undefined) return;
    offset += HEAD_BYTES;
    const pages: PageImage[] = [];
    for (let index = 0; index < count; index++) {
      const begin = offset + PAGE_HEAD_BYTES;
      if (begin + pageBytes > bytes.length) throw new RangeError('a record of the log is cut off');
      pages.push({ page: bytes.readUInt32BE(offset), bytes: bytes.subarray(begin, begin + pageBytes) });
      offset = begin + pageBytes;
    }
    yield { at, pageBytes, databasePages, pages };
  }
}
