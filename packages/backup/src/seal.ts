import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, zstdCompress, zstdCompressSync, zstdDecompress } from 'node:zlib';
import { DriverError } from '@islet/driver';
import { LIMITS } from './limits.ts';

/**
 * AES-256-GCM (NIST SP 800-38D) with a random nonce for each object. The object's whole name is authenticated with it: a
 * bit that flipped, an end that is missing, and a sound object in another's place are all the same failure. Random nonces
 * of 96 bits are good for 2³² objects of one key.
 */
const MAGIC = Buffer.from('ISL1');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = MAGIC.length + NONCE_BYTES + TAG_BYTES;

export interface Lock {
  readonly key: Uint8Array;
  /** The object's whole name in its repository. */
  readonly name: string;
}

export function seal({ key, name }: Lock, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
  const body = cipher.update(plain);
  cipher.final();
  return Buffer.concat([MAGIC, nonce, cipher.getAuthTag(), body]);
}

/** Throws `damaged` unless the bytes are exactly what was sealed under this name with this key. */
export function open({ key, name }: Lock, sealed: Uint8Array): Uint8Array {
  const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
  if (bytes.length < HEAD_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(name, undefined);
  const nonce = bytes.subarray(MAGIC.length, MAGIC.length + NONCE_BYTES);
  const tag = bytes.subarray(MAGIC.length + NONCE_BYTES, HEAD_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name)).setAuthTag(tag);
    const plain = decipher.update(bytes.subarray(HEAD_BYTES));
    decipher.final();
    return plain;
  } catch (cause) {
    throw damaged(name, cause);
  }
}

export async function pack(lock: Lock, plain: Uint8Array, level = 3): Promise<Uint8Array> {
  const options = { params: { [constants.ZSTD_c_compressionLevel]: level }, chunkSize: roomFor(plain.length) };
  const isSmall = plain.length <= LIMITS.smallBytes;
  return seal(lock, isSmall ? zstdCompressSync(plain, options) : await promisify(zstdCompress)(plain, options));
}

export async function unpack(lock: Lock, packed: Uint8Array): Promise<Uint8Array> {
  const compressed = open(lock, packed);
  const options = { maxOutputLength: LIMITS.objectBytes, chunkSize: roomFor(4 * compressed.length) };
  return promisify(zstdDecompress)(compressed, options).catch((cause) => {
    throw damaged(lock.name, cause);
  });
}

/** For all of the result at once: else Node.js goes to another thread and back for each 16 KB of it. */
function roomFor(bytes: number): number {
  const most = Math.min(Math.max(bytes, LEAST_ROOM), LIMITS.pieceBytes);
  // What does not compress becomes a little longer.
  return most + Math.ceil(most / 128);
}

const LEAST_ROOM = 16 * 1024;

function damaged(name: string, cause: unknown): DriverError {
  return new DriverError('damaged', `${name} is damaged: it is not what was stored`, {
    hint: 'take another backup, or look for a sound copy of this one',
    cause,
  });
}
