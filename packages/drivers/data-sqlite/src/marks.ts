import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Turns } from '@islet/supervise';

/**
 * Whether a store is in use. A file has no server that runs or is stopped, so this is what `provision` and `stop` leave
 * for the next control plane: a file `orders.open` or `orders.stopped`, in a folder that only Islet reads. `restoring`: a
 * restore of it has begun, and nobody knows what of it is there.
 */
export const MARKS = ['open', 'stopped', 'restoring'] as const;
export type Mark = (typeof MARKS)[number];

/** What a mark says of its store. A version that made no backups left them empty. */
export interface StoreFacts {
  /** Of this store and of no other, however they are called. */
  readonly identity: string;
  /** The file's name, which stays when the store gets another one. */
  readonly file: string;
}

export class Marks {
  readonly #folder: string;
  /** Two that mark one store at once would each name it anew. */
  readonly #turns = new Turns();

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

  /** Undefined: it has no mark, or one of before that says nothing. */
  facts(service: string): StoreFacts | undefined {
    const mark = this.get(service);
    if (mark === undefined) return undefined;
    const text = readFileSync(this.#path(service, mark), 'utf8');
    return text === '' ? undefined : (JSON.parse(text) as StoreFacts);
  }

  /** A store that has no facts yet is given them. */
  set(service: string, mark: Mark): Promise<void> {
    return this.#turns.take(service, () => this.#set(service, mark));
  }

  async #set(service: string, mark: Mark): Promise<void> {
    const before = this.get(service);
    if (before === undefined || this.facts(service) === undefined) await this.#write(service, before ?? mark);
    if (before !== undefined && before !== mark) {
      await rename(this.#path(service, before), this.#path(service, mark));
    }
  }

  async rename(service: string, to: string): Promise<void> {
    const mark = this.get(service);
    if (mark !== undefined) await rename(this.#path(service, mark), this.#path(to, mark));
  }

  async remove(service: string): Promise<void> {
    for (const mark of MARKS) await rm(this.#path(service, mark), { force: true });
  }

  /** Beside it first: a mark is never half written. */
  async #write(service: string, mark: Mark): Promise<void> {
    const facts: StoreFacts = { identity: randomUUID(), file: `${service}.db` };
    const path = this.#path(service, mark);
    await writeFile(`${path}.new`, JSON.stringify(facts), { mode: 0o600, flush: true });
    await rename(`${path}.new`, path);
  }

  #path(service: string, mark: Mark): string {
    return join(this.#folder, `${service}.${mark}`);
  }
}
