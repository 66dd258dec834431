import { CODE_LENGTHS, CODES, EOS } from './huffman-code.ts';

/**
 * Huffman coding of strings (RFC 7541, 5.2). Decoding goes by four bits at a time: from each inner node of the code's tree,
 * a table says for each four bits to which node they lead, and which octet they complete; no code has fewer than five bits,
 * so that is at most one. The table has 16 KiB, and stays in the processor's cache.
 */

/** How many octets so many bytes can be the code of, at the most. */
export function decodedBound(bytes: number): number {
  return Math.floor((bytes * 8) / 5);
}

/**
 * Decodes `bytes` from `start` to `end` into `into`, which has room for `decodedBound` of them; returns how many octets
 * they were, or -1: EOS is in them, or what is left at their end is no padding.
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let node = ROOT;
  let length = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    const first = STEPS[node + (byte >> 4)] ?? 0;
    if ((first & COMPLETES) !== 0) into[length++] = first;
    const second = STEPS[(first >> NODE_SHIFT) + (byte & 15)] ?? 0;
    if ((second & COMPLETES) !== 0) into[length++] = second;
    node = second >> NODE_SHIFT;
  }
  return IS_PADDING[node >> 4] === 1 ? length : -1;
}

/** In bytes, of a text of latin1. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += CODE_LENGTHS[text.charCodeAt(at)] ?? 0;
  return Math.ceil(bits / 8);
}

/** Writes the code of a text of latin1; returns where it ends. `into` has room for `huffmanLength` bytes. */
export function encodeHuffman(text: string, into: Uint8Array, start: number): number {
  let at = start;
  let held = 0;
  let bits = 0;
  for (let nth = 0; nth < text.length; nth++) {
    const symbol = text.charCodeAt(nth);
    const length = CODE_LENGTHS[symbol] ?? 0;
    const code = CODES[symbol] ?? 0;
    // With up to 7 bits held, one of 30 is too much for the 32 that numbers are shifted in: it goes in two parts.
    const later = length > LONGEST_AT_ONCE ? LONGEST_AT_ONCE / 2 : 0;
    held = (held << (length - later)) | (code >>> later);
    for (bits += length - later; bits >= 8; bits -= 8) into[at++] = held >>> (bits - 8);
    if (later === 0) continue;
    held = (held << later) | (code & ((1 << later) - 1));
    for (bits += later; bits >= 8; bits -= 8) into[at++] = held >>> (bits - 8);
  }
  if (bits > 0) into[at++] = (held << (8 - bits)) | (0xff >> bits);
  return at;
}

/** In bits; what is above has left. */
const LONGEST_AT_ONCE = 24;

/** An entry of `STEPS`: the octet, whether it is complete, and where in the table the steps of the next node begin. */
const COMPLETES = 1 << 8;
const NODE_SHIFT = 9;
const ROOT = 0;

/** Two for each inner node: the number of an inner node, or `~symbol`. */
const BRANCHES = branchesOf();
/** Where nothing leads out of: EOS has come. */
const DEAD = BRANCHES.length / 2;

const STEPS = stepsOf();

/** By inner node: whether a string may end there, with up to seven bits of EOS (which are all ones). */
const IS_PADDING = paddingNodes();

function branchesOf(): readonly number[] {
  const branches = [0, 0];
  for (const [symbol, length] of CODE_LENGTHS.entries()) {
    const code = CODES[symbol] ?? 0;
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const branch = 2 * node + ((code >>> bit) & 1);
      if (branches[branch] === 0) branches[branch] = branches.push(0, 0) / 2 - 1;
      node = branches[branch] ?? 0;
    }
    branches[2 * node + (code & 1)] = ~symbol;
  }
  return branches;
}

function stepsOf(): Int32Array {
  const steps = new Int32Array((DEAD + 1) * 16);
  for (let node = 0; node < DEAD; node++)
    for (let bits = 0; bits < 16; bits++) steps[node * 16 + bits] = step(node, bits);
  steps.fill((DEAD * 16) << NODE_SHIFT, DEAD * 16);
  return steps;
}

function step(from: number, bits: number): number {
  let node = from;
  let octet = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = BRANCHES[2 * node + ((bits >> bit) & 1)] ?? 0;
    if (~next === EOS) return (DEAD * 16) << NODE_SHIFT;
    if (next < 0) octet = COMPLETES | ~next;
    node = Math.max(next, ROOT);
  }
  return ((node * 16) << NODE_SHIFT) | octet;
}

function paddingNodes(): Uint8Array {
  const nodes = new Uint8Array(DEAD + 1);
  for (let bits = 0, node = ROOT; bits <= 7; bits++, node = BRANCHES[2 * node + 1] ?? 0) nodes[node] = 1;
  return nodes;
}
