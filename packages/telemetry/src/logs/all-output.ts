import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogRow } from '../store/rows.ts';
import { Output, type OutputOf } from './output.ts';
import type { FilePlace } from './tailed-file.ts';

/** What Islet's own processes go by; no service may be called so. */
export const OWN_SERVICE = 'islet';

/** Rounds of one look: beyond it the others have their turn. */
const ROUNDS = 4;

export interface Looked {
  readonly rows: readonly { readonly of: OutputOf; readonly rows: readonly LogRow[] }[];
  /** Whose output was rotated away before it was read. */
  readonly lost: readonly OutputOf[];
}

/** The output of every process of every service, found by looking at the folder that holds it. */
export class AllOutput {
  readonly #outputs = new Map<string, Output>();
  readonly #places: Readonly<Record<string, FilePlace>>;

  /** `places` is how far each file was read, by whoever was here before. */
  constructor(places: Readonly<Record<string, FilePlace>>) {
    this.#places = places;
  }

  get places(): Readonly<Record<string, FilePlace>> {
    return Object.fromEntries([...this.#outputs].map(([path, output]) => [path, output.place]));
  }

  /**
   * Files that are new are read from their beginning, those that are gone are forgotten. `own` is the folder of Islet's own
   * processes.
   */
  discover(folder: string, own?: string): void {
    const folders = list(folder).map((service) => ({ service, within: join(folder, service) }));
    if (own !== undefined) folders.push({ service: OWN_SERVICE, within: own });
    const found = new Set<string>();
    for (const { service, within } of folders) {
      for (const name of list(within)) {
        if (!name.endsWith('.log')) continue;
        const path = join(within, name);
        found.add(path);
        if (this.#outputs.has(path)) continue;
        const instance = name.slice(0, -'.log'.length);
        const of = { service, instance, revision: revisionOf(service, instance) };
        this.#outputs.set(path, new Output(of, path, this.#places[path]));
      }
    }
    for (const path of this.#outputs.keys()) if (!found.has(path)) this.#outputs.delete(path);
  }

  read(now: number): Looked {
    const rows: { of: OutputOf; rows: readonly LogRow[] }[] = [];
    const lost: OutputOf[] = [];
    for (const output of this.#outputs.values()) {
      for (let round = 0; round < ROUNDS; round++) {
        const read = output.read(now);
        if (read.rows.length > 0) rows.push({ of: output.of, rows: read.rows });
        if (read.isAfterLoss) lost.push(output.of);
        if (!read.more) break;
      }
    }
    return { rows, lost };
  }
}

/** `orders-3f9a2c1d04b7.0-1` is of revision `3f9a2c1d04b7`. What is no instance, as a store or a build, has none. */
export function revisionOf(service: string, instance: string): string {
  const rest = instance.startsWith(`${service}-`) ? instance.slice(service.length + 1) : '';
  return /^([0-9a-z-]+)\.\d+-\d+$/.exec(rest)?.[1] ?? '';
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
