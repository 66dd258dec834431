import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Who speaks. */
export interface Identity {
  readonly service: string;
  readonly instance: string;
  readonly revision: string;
}

/**
 * What each instance sends with its telemetry, so that none can speak as another: who it is, and a keyed hash of that. An
 * instance is given its own in its environment, where the users of other services can't read it. Nothing is kept of it, so
 * it holds as long as the key, also over restarts of everything.
 */
export class Identities {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** By the key in this file, which is made where it is missing. */
  static at(path: string): Identities {
    return new Identities(readKey(path) ?? makeKey(path));
  }

  tokenOf({ service, instance, revision }: Identity): string {
    const named = [service, instance, revision].join('~');
    return `${Buffer.from(named).toString('base64url')}.${this.#sign(named)}`;
  }

  /** Of an `Authorization` field; undefined: nobody that we know. */
  identify(field: string | undefined): Identity | undefined {
    const [, encoded, signature] = TOKEN.exec(field ?? '') ?? [];
    if (encoded === undefined || signature === undefined) return undefined;
    const named = Buffer.from(encoded, 'base64url').toString();
    if (!timingSafeEqual(Buffer.from(signature), Buffer.from(this.#sign(named)))) return undefined;
    const [service = '', instance = '', revision = ''] = named.split('~');
    return { service, instance, revision };
  }

  #sign(named: string): string {
    return createHmac('sha256', this.#key).update(`islet-telemetry ${named}`).digest('base64url');
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
const TOKEN = /^Bearer(?: |%20)([\w-]{1,400})\.([\w-]{43})$/;
