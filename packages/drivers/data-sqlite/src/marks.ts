import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Whether a store is in use. A file has no server that runs or is stopped, so this is what `provision` and `stop` leave
 * for the next control plane: an empty file `orders.open` or `orders.stopped`, in a folder that only Islet reads.
 */
export const MARKS = ['open', 'stopped'] as const;
export type Mark = (typeof MARKS)[number];

export class Marks {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(dirname(folder), { recursive: true });
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
  }

  all(): ReadonlyMap<string, Mark> {
    const marks = readdirSync(this.#folder).flatMap((file) => {
      const mark = MARKS.find((name) => file.endsWith(`.${name}`));
      return mark ? [[file.slice(0, -mark.length - 1), mark] as const] : [];
    });
    return new Map(marks);
  }

  get(service: string): Mark | undefined {
    return this.all().get(service);
  }

  async set(service: string, mark: Mark): Promise<void> {
    const before = this.get(service);
    if (before === undefined) await writeFile(this.#path(service, mark), '', { mode: 0o600 });
    else if (before !== mark) await rename(this.#path(service, before), this.#path(service, mark));
  }

  async remove(service: string): Promise<void> {
    for (const mark of MARKS) await rm(this.#path(service, mark), { force: true });
  }

  #path(service: string, mark: Mark): string {
    return join(this.#folder, `${service}.${mark}`);
  }
}
