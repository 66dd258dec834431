import { randomFillSync } from 'node:crypto';

/**
 * Random bytes as hexadecimal digits. They are drawn and written out for many ids at once: each crossing into the runtime
 * for a few bytes would cost a request a good part of a microsecond.
 */
export function randomHex(bytes: number): string {
  const start = used;
  used += bytes * 2;
  if (used <= digits.length) return digits.slice(start, used);
  digits = randomFillSync(POOL).toString('hex');
  used = bytes * 2;
  return digits.slice(0, used);
}

const POOL = Buffer.allocUnsafeSlow(16 * 1024);
let digits = '';
let used = 0;
