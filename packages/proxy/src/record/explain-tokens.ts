import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/**
 * Tokens that let somebody at the gateway see what was decided of a request of theirs. A token is the second at which it
 * ends, and a keyed hash of that: nothing is kept of it, and it is good for nothing else.
 */
export class ExplainTokens {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** By the key in this file, which is made where it is missing. */
  static at(path: string): ExplainTokens {
    return new ExplainTokens(readKey(path) ?? makeKey(path));
  }

  /** `wall` is in milliseconds since the epoch. */
  issue({ forMs, wall }: { readonly forMs: number; readonly wall: number }): string {
    const until = Math.ceil((wall + forMs) / 1000).toString(36);
    return `${until}.${this.#sign(until)}`;
  }

  verify(token: string, wall: number): boolean {
    const [, until, signature] = TOKEN.exec(token) ?? [];
    if (until === undefined || signature === undefined) return false;
    const isOurs = timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(until)));
    return isOurs && Number.parseInt(until, 36) * 1000 > wall;
  }

  #sign(until: string): string {
    return createHmac('sha256', this.#key).update(`islet-explain ${until}`).digest('base64url');
  }
}

function readKey(path: string): Buffer | undefined {
  try {
    const key = readFileSync(path);
    return key.length === KEY_BYTES ? key : undefined;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

/** A torn key would be none, so it is made whole. */
function makeKey(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  writeFileSync(`${path}.new`, key, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return key;
}

const KEY_BYTES = 32;
/** 43 characters are 32 bytes. */
const TOKEN = /^([0-9a-z]{1,11})\.([\w-]{43})$/;
