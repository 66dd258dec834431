import { LIMITS } from '../limits.ts';

/**
 * Most of what instances send is small, and is read into this one buffer: whoever gets a view of it copies what it keeps
 * before it returns. One buffer stays in the processor's cache, where one per read would be allocated and thrown away.
 */
export const SHARED = Buffer.allocUnsafeSlow(LIMITS.sharedReadBytes);
const SHARED_MEMORY = SHARED.buffer;

/** The same for what is passed on without being read as HTTP, of which there may be more at once. */
export const SHARED_RAW = Buffer.allocUnsafeSlow(LIMITS.lentReadBytes);

/** Whether it may be kept after the call in which it came. */
export function mayBeKept(bytes: Buffer): boolean {
  return bytes.buffer !== SHARED_MEMORY;
}

/**
 * Buffers for large responses: one is lent to a connection while it reads one, so that what comes can be written from where
 * it lies. To copy it, and to allocate the copies, is most of what a large response costs. There is a limit to them, beyond
 * which the shared one must do.
 */
class Lending {
  readonly #free: Buffer[] = [];
  #lent = 0;

  take(): Buffer | undefined {
    if (this.#lent >= LIMITS.lentReads) return undefined;
    this.#lent++;
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(LIMITS.lentReadBytes);
  }

  /** `isFree`: nothing is written from it any more. One that is not comes back to nobody, and is collected. */
  end(buffer: Buffer, { isFree }: { readonly isFree: boolean }): void {
    this.#lent--;
    if (isFree && this.#free.length < LIMITS.keptReads) this.#free.push(buffer);
  }
}

const lending = new Lending();

/** What one connection is read into: the shared buffer, or one that it is lent while a response fills what it is given. */
export class ReadBuffer {
  #lent: Buffer | undefined;

  get current(): Buffer {
    return this.#lent ?? SHARED;
  }

  /** `isOver`: the response that the read was of. `isFree`: nothing of the read is still to be written. */
  afterRead(count: number, { isOver, isFree }: { readonly isOver: boolean; readonly isFree: boolean }): void {
    if (this.#lent !== undefined) {
      if (isOver || count < SHARED.length) this.#giveBack(isFree);
    } else if (!isOver && count === SHARED.length) this.#lent = lending.take();
  }

  /** It is read no more; whether something is still to be written is not known. */
  end(): void {
    if (this.#lent !== undefined) this.#giveBack(false);
  }

  #giveBack(isFree: boolean): void {
    if (this.#lent !== undefined) lending.end(this.#lent, { isFree });
    this.#lent = undefined;
  }
}
