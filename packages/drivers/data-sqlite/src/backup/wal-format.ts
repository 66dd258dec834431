/**
 * SQLite's write-ahead log, as its file is made (sqlite.org/fileformat2.html, "The WAL File Format"): a header, then frames,
 * each one page of the database as a transaction left it. Two salts in the header and in each frame tell one filling of the
 * file from the next; a checksum that runs through all frames tells how far what is there belongs together. A frame that
 * says how many pages the database has ends a transaction.
 */
export const HEADER_BYTES = 32;
export const FRAME_HEAD_BYTES = 24;

export interface WalHeader {
  readonly pageBytes: number;
  /** Words of the checksums: as the machine that wrote them had them. */
  readonly bigEndian: boolean;
  readonly salts: Salts;
  readonly sum: Sum;
}

/** The first grows by one whenever the file is filled anew, the second is random. */
export interface Salts {
  readonly first: number;
  readonly second: number;
}

export interface Sum {
  readonly s0: number;
  readonly s1: number;
}

export interface FrameHead {
  readonly page: number;
  /** Of the database after the transaction that this frame ends; 0: it ends none. */
  readonly databasePages: number;
  readonly salts: Salts;
  readonly sum: Sum;
}

const MAGIC = 0x377f0682;

/** Undefined: it is no header, or one that is being written. */
export function parseHeader(bytes: Buffer): WalHeader | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const magic = bytes.readUInt32BE(0);
  if ((magic & ~1) !== MAGIC) return undefined;
  const bigEndian = (magic & 1) === 1;
  const sum = addToSum({ s0: 0, s1: 0 }, bytes.subarray(0, 24), bigEndian);
  const written = { s0: bytes.readUInt32BE(24), s1: bytes.readUInt32BE(28) };
  if (!isSameSum(sum, written)) return undefined;
  const salts = { first: bytes.readUInt32BE(16), second: bytes.readUInt32BE(20) };
  return { pageBytes: bytes.readUInt32BE(8), bigEndian, salts, sum };
}

export function parseFrameHead(bytes: Buffer): FrameHead {
  return {
    page: bytes.readUInt32BE(0),
    databasePages: bytes.readUInt32BE(4),
    salts: { first: bytes.readUInt32BE(8), second: bytes.readUInt32BE(12) },
    sum: { s0: bytes.readUInt32BE(16), s1: bytes.readUInt32BE(20) },
  };
}

/** Of a whole frame, its head included, after the frames before it. */
export function frameSum(before: Sum, frame: Buffer, bigEndian: boolean): Sum {
  return addToSum(addToSum(before, frame.subarray(0, 8), bigEndian), frame.subarray(FRAME_HEAD_BYTES), bigEndian);
}

function addToSum({ s0, s1 }: Sum, bytes: Buffer, bigEndian: boolean): Sum {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let [a, b] = [s0, s1];
  for (let at = 0; at < bytes.length; at += 8) {
    a = (a + words.getUint32(at, !bigEndian) + b) | 0;
    b = (b + words.getUint32(at + 4, !bigEndian) + a) | 0;
  }
  return { s0: a >>> 0, s1: b >>> 0 };
}

export function isSameSum(some: Sum, other: Sum): boolean {
  return some.s0 === other.s0 && some.s1 === other.s1;
}

export function isSameSalts(some: Salts, other: Salts): boolean {
  return some.first === other.first && some.second === other.second;
}
