import { Block, type BlockHeader, DamagedBlock, PREFIX_BYTES, readHeader, readPrefix } from './block.ts';
import { areRows, decodeRows } from './log-rows.ts';
import type { Schema } from './schema.ts';

export interface WholeBlock {
  readonly header: BlockHeader;
  /** Undefined: they are damaged. */
  readonly rowsOf: <R>(schema: Schema<R>) => R[] | undefined;
}

/** A block of the log, which is in memory as a whole, in either of its forms. */
export function readBlock(bytes: Buffer): WholeBlock {
  const prefix = readPrefix(bytes);
  const body = PREFIX_BYTES + (prefix?.headerBytes ?? 0);
  const header = prefix && readHeader(bytes.subarray(PREFIX_BYTES, body), prefix);
  if (header === undefined) throw new DamagedBlock('header');
  const rowsOf = <R>(schema: Schema<R>) => {
    try {
      if (areRows(header)) return decodeRows(header, bytes.subarray(body), schema);
      const block = new Block(header, schema, (from, length) => bytes.subarray(body + from, body + from + length));
      return Array.from({ length: header.rows }, (_, index) => block.row(index));
    } catch (error) {
      if (error instanceof DamagedBlock || error instanceof RangeError) return undefined;
      throw error;
    }
  };
  return { header, rowsOf };
}
