import { constants, crc32, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { type BlockHeader, type BlockRows, DamagedBlock, frame, rangeOf } from './block.ts';
import { LIMITS } from './limits.ts';
import type { Schema } from './schema.ts';

/**
 * Few rows, as they came: lists of values in JSON, a line each, below the names of the columns. Laid out in columns they would be a
 * little smaller, and each column would begin a compression of its own, which takes longer than all else that is done for
 * so few. Nobody looks for anything in them: they are read as a whole after a kill.
 */
const ROWS = 'rows';
/** They are written again soon. */
const LEVEL = 1;

export function encodeRows<R>({ signal, service, rows, first, last }: BlockRows<R>, schema: Schema<R>): Buffer {
  const names = JSON.stringify(schema.columns.map(({ name }) => name));
  const lines = rows.map((row) => JSON.stringify(schema.columns.map(({ of }) => plain(of(row)))));
  const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
  const body = zstdCompressSync(Buffer.from([names, ...lines].join('\n')), { params });
  const header: BlockHeader = {
    signal,
    service,
    rows: rows.length,
    first,
    last,
    ...rangeOf(rows, schema),
    filter: [0, 0],
    columns: [[ROWS, body.length, crc32(body)]],
  };
  return frame(header, [body]);
}

export function areRows({ columns: [first] }: BlockHeader): boolean {
  return first?.[0] === ROWS;
}

/** Throws `DamagedBlock` where the bytes are not those that were written. */
export function decodeRows<R>({ columns: [first] }: BlockHeader, body: Buffer, schema: Schema<R>): R[] {
  const [, bytes = 0, crc] = first ?? [];
  const stored = body.subarray(0, bytes);
  if (stored.length !== bytes || crc32(stored) !== crc) throw new DamagedBlock(ROWS);
  const [names, ...lines] = zstdDecompressSync(stored, { maxOutputLength: LIMITS.columnBytes }).toString().split('\n');
  const places = new Map((JSON.parse(names ?? '[]') as string[]).map((name, index) => [name, index]));
  return lines.map((line) => {
    const values = JSON.parse(line) as readonly (string | number)[];
    // Written before there was such a column: no value.
    const of = (name: string) => values[places.get(name) ?? -1] ?? '';
    return schema.build({ text: (name) => String(of(name)), number: (name) => Number(of(name)) });
  });
}

/** JSON has no numbers for these. */
function plain(value: string | number): string | number {
  return typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)) ? textOf(value) : value;
}

function textOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}
