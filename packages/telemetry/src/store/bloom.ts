/**
 * Tells of most blocks that they do not hold an id, without reading them (Bloom, 1970). 10 bits for each id and 7 hashes
 * are wrong once in a hundred, and never the other way. The hashes are combined of two (Kirsch and Mitzenmacher, 2006).
 */
const BITS_PER_ID = 10;
const HASHES = 7;

export function bloomOf(ids: ReadonlySet<string>): Buffer {
  const bits = Buffer.alloc(Math.ceil((ids.size * BITS_PER_ID) / 8));
  for (const id of ids) forEachBit(id, bits.length * 8, (bit) => set(bits, bit));
  return bits;
}

/** False: it is not there. */
export function mayHold(bits: Buffer, id: string): boolean {
  if (bits.length === 0) return false;
  let all = true;
  forEachBit(id, bits.length * 8, (bit) => {
    if (((bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) all = false;
  });
  return all;
}

function forEachBit(id: string, size: number, act: (bit: number) => void): void {
  const one = hash(id, 0x811c9dc5);
  const other = hash(id, 0x9747b28c) | 1;
  for (let nth = 0; nth < HASHES; nth++) act(((one + Math.imul(nth, other)) >>> 0) % size);
}

/** FNV-1a, with a last mix, because ids of tests and of some agents are not random. */
function hash(id: string, seed: number): number {
  let value = seed;
  for (let index = 0; index < id.length; index++) value = Math.imul(value ^ id.charCodeAt(index), 0x01000193);
  value = Math.imul(value ^ (value >>> 15), 0x2c1b3c6d);
  return (value ^ (value >>> 13)) >>> 0;
}

function set(bits: Buffer, bit: number): void {
  bits[bit >>> 3] = (bits[bit >>> 3] ?? 0) | (1 << (bit & 7));
}
