import { LIMITS } from '../limits.ts';

/** A head that has been read, and how many of the bytes given were of it. */
export interface ReadHead<Head> {
  readonly head: Head;
  readonly length: number;
}

/** One that came twice in a row. */
export interface KnownHead<Head> extends ReadHead<Head> {
  /** With the empty line that ends it. */
  readonly bytes: Buffer;
}

/**
 * Heads that are the same on many connections: a caller's pool sends one request over all of them, and an instance answers alike
 * on each. Of such a head there is one copy for all. Copies of a thousand connections would not fit into the processor's
 * caches, and to fetch one from memory takes longer than what is done with it.
 *
 * Each length has one place, so that looking for a head is one comparison; who comes later takes it over. A head that holds
 * somebody's secret is not kept here: whether a request is known shows in how long it takes.
 */
export class CommonHeads<Head> {
  readonly #places: (KnownHead<Head> | undefined)[] = Array.from({ length: PLACES });
  readonly #isSecret: (head: Head) => boolean;

  constructor({ isSecret }: { readonly isSecret: (head: Head) => boolean }) {
    this.#isSecret = isSecret;
  }

  find(bytes: Buffer, start: number, end: number): KnownHead<Head> | undefined {
    const known = this.#places[(end - start) % PLACES];
    return known?.length === end - start && isAt(known.bytes, bytes, start, bytes.length) ? known : undefined;
  }

  add(known: KnownHead<Head>): void {
    if (known.length > LIMITS.commonHeadBytes || this.#isSecret(known.head)) return;
    this.#places[known.length % PLACES] = known;
  }
}

const PLACES = 64;

/**
 * Whether these bytes stand there: a comparison of memory, where to find the head's end and to make a text of it is three calls.
 * Where nothing else has come, the runtime has a way for it that takes a third of the time.
 */
export function isAt(known: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (start === 0 && end === bytes.length && end === known.length) return bytes.equals(known);
  const stop = start + known.length;
  return stop <= end && bytes.compare(known, 0, known.length, start, stop) === 0;
}
