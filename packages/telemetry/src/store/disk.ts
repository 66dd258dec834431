import { statfsSync } from 'node:fs';
import { LIMITS } from './limits.ts';

/** Whether the disk takes anything, and since when what came is lost. */
export class Disk {
  readonly #folder: string;
  readonly #freeBytes: (folder: string) => number;
  #problem: string | undefined;
  #lostSince: number | undefined;

  constructor(folder: string, freeBytes: (folder: string) => number = freeOn) {
    this.#folder = folder;
    this.#freeBytes = freeBytes;
  }

  /** Why nothing is written now; undefined: it is. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Throws where so little is free that services need it more. */
  ensureFree(): void {
    const [free, least] = [this.#freeBytes(this.#folder), LIMITS.freeBytes].map((bytes) => bytes / 1024 / 1024);
    if (free === undefined || least === undefined || free >= least) return;
    throw new Error(`${Math.floor(free)} MiB are free on the disk: telemetry is not written below ${least} MiB`);
  }

  fail(error: NodeJS.ErrnoException): void {
    this.#problem = error.code === 'ENOSPC' ? 'the disk is full: telemetry is not written' : error.message;
  }

  /** From now on what comes is lost. Returns since when that is so. */
  lose(now: number): number {
    this.#lostSince ??= now;
    return this.#lostSince;
  }

  /** It takes again what is written. Returns since when something was lost; undefined: nothing was. */
  recover(): number | undefined {
    const since = this.#lostSince;
    this.#lostSince = undefined;
    this.#problem = undefined;
    return since;
  }
}

function freeOn(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
