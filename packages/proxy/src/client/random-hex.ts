import { randomFillSync } from 'node:crypto';

/** Random bytes are drawn for many ids at once: a draw of its own costs a request a microsecond. */
export function randomHex(bytes: number): string {
  if (used + bytes > POOL.length) {
    randomFillSync(POOL);
    used = 0;
  }
  used += bytes;
  return POOL.toString('hex', used - bytes, used);
}

const POOL = Buffer.allocUnsafeSlow(8192);
let used = POOL.length;
