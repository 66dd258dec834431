import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Message } from './message.ts';

/** A message that lies on the disk. */
export interface Spooled {
  readonly number: number;
  readonly items: number;
  readonly bytes: number;
  readonly name: string;
}

const NAME = /^(\d{12})\.(\d{1,9})\.([0-9a-f]{8})\.otlp(\.gz)?$/;

/**
 * Messages of one lane on the disk, each a file. Its name says all that must be known of it without reading it: its place in
 * the order, how many records it has, and their checksum, by which one that a kill or a power cut has torn is told. Nothing is
 * fsynced: what the kernel has outlives this process, and nobody was told that a message is safe.
 */
export class Spool {
  readonly #folder: string;
  readonly #ensureFree: () => void;

  constructor(folder: string, ensureFree: () => void) {
    this.#folder = folder;
    this.#ensureFree = ensureFree;
  }

  /** In their order. What is no message is left alone. */
  list(): readonly Spooled[] {
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
    return readdirSync(this.#folder)
      .sort()
      .flatMap((name) => {
        const [, number, items] = NAME.exec(name) ?? [];
        const stats = statSync(join(this.#folder, name), { throwIfNoEntry: false });
        if (number === undefined || stats === undefined) return [];
        return [{ number: Number(number), items: Number(items), bytes: stats.size, name }];
      });
  }

  /** Throws where the disk takes nothing, or little is left of it; then nothing of it is there. */
  write(number: number, { items, body, isGzip }: Message): Spooled {
    this.#ensureFree();
    const sum = crc32(body).toString(16).padStart(8, '0');
    const name = `${String(number).padStart(12, '0')}.${items}.${sum}.otlp${isGzip ? '.gz' : ''}`;
    const path = join(this.#folder, name);
    try {
      writeFileSync(path, body, { mode: 0o600 });
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    }
    return { number, items, bytes: body.length, name };
  }

  /** Undefined: it is damaged, or somebody took it away. */
  read({ name, items }: Spooled): Message | undefined {
    const [, , , sum = '', gz] = NAME.exec(name) ?? [];
    try {
      const body = readFileSync(join(this.#folder, name));
      return crc32(body) === Number.parseInt(sum, 16) ? { items, body, isGzip: gz !== undefined } : undefined;
    } catch {
      return undefined;
    }
  }

  remove({ name }: Spooled): void {
    rmSync(join(this.#folder, name), { force: true });
  }
}
