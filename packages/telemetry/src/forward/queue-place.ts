import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ForwardSignal, ForwardSpec } from '@islet/spec';
import { Disk } from '../store/disk.ts';
import { Spool } from './spool.ts';

const LETTERS = 12;

/**
 * Names of the folders in which messages to these backends wait, in their order. By the address alone, and by how many of the same
 * address come before: so what waits outlives a new token, which may be what it waits for.
 */
export function queueNames(backends: readonly ForwardSpec[]): readonly string[] {
  return backends.map(({ url }, index) => {
    const nth = backends.slice(0, index).filter((other) => other.url === url).length;
    return createHash('sha256').update(`${nth} ${url}`).digest('hex').slice(0, LETTERS);
  });
}

export function openSpool(folder: string, name: string, signal: ForwardSignal): Spool {
  const own = join(folder, name, signal);
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const disk = new Disk(own);
  return new Spool(own, () => disk.ensureFree());
}

/** Deletes what waits for backends, or of signals of them, that nobody asks for any more. */
export function forgetQueues(folder: string, wanted: ReadonlyMap<string, readonly ForwardSignal[]>): void {
  for (const name of namesIn(folder)) {
    const signals = wanted.get(name);
    const over =
      signals === undefined ? [''] : namesIn(join(folder, name)).filter((it) => !signals.some((one) => one === it));
    for (const one of over) rmSync(join(folder, name, one), { recursive: true, force: true });
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
