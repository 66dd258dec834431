import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * What a driver remembers of each store: one file per service, readable by Islet's own user only, and read once: this
 * driver alone writes them.
 */
export class Records<R extends { readonly service: string }> {
  readonly #folder: string;
  readonly #known = new Map<string, R>();
  #changes = 0;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(dirname(folder), { recursive: true });
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 });
    for (const file of readdirSync(folder)) {
      // A draft that was never renamed.
      if (file.endsWith('.new')) rmSync(join(folder, file));
      if (!file.endsWith('.json')) continue;
      const record = JSON.parse(readFileSync(join(folder, file), 'utf8')) as R;
      this.#known.set(record.service, record);
    }
  }

  get(service: string): R | undefined {
    return this.#known.get(service);
  }

  all(): readonly R[] {
    return [...this.#known.values()];
  }

  /** Grows with every change. */
  get changes(): number {
    return this.#changes;
  }

  /** Durable when it returns. */
  async write(record: R): Promise<void> {
    await writeDurably(join(this.#folder, `${record.service}.json`), JSON.stringify(record), 0o600);
    this.#known.set(record.service, record);
    this.#changes++;
  }

  /** Gone durably when it returns. */
  async remove(service: string): Promise<void> {
    await rm(join(this.#folder, `${service}.json`), { force: true });
    await syncFolder(this.#folder);
    this.#known.delete(service);
    this.#changes++;
  }
}

/** Whole or as before, whatever happens. */
export async function writeDurably(path: string, text: string, mode: number, gid?: number): Promise<void> {
  const draft = `${path}.new`;
  await rm(draft, { force: true });
  const file = await open(draft, 'wx', mode);
  try {
    if (gid !== undefined) await file.chown(0, gid);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** What was named or removed in it is so durably. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
