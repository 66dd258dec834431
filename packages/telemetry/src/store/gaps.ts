import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Gap } from '@islet/client';
import { LIMITS } from './limits.ts';

/** What of telemetry is missing in a gap. Output of instances is read again from their files, so it is seldom. */
const GAP_OF = ['output', 'otlp', 'metrics', 'stored'] as const;
export type GapOf = (typeof GAP_OF)[number];

export interface KnownGap extends Gap {
  readonly of: readonly GapOf[];
}

/** Stretches of which something is not known, with the reason: kept, so that a chart can say so next week. */
export class Gaps {
  readonly #path: string;
  #known: readonly KnownGap[];
  #isWritten = true;

  constructor(path: string) {
    this.#path = path;
    this.#known = read(path);
  }

  get all(): readonly KnownGap[] {
    return this.#known;
  }

  between(from: number, to: number, of?: readonly GapOf[]): Gap[] {
    return this.#known
      .filter((gap) => gap.to >= from && gap.from <= to)
      .filter((gap) => of === undefined || gap.of.some((one) => of.includes(one)))
      .map(({ from, to, why }) => ({ from, to, why }));
  }

  /** One that continues the last of its kind makes that longer. */
  add(gap: KnownGap): void {
    const same = this.#known.find(
      ({ why, to, of }) => why === gap.why && gap.from <= to + LIMITS.gapMs && of.join() === gap.of.join(),
    );
    const joined =
      same === undefined ? gap : { ...same, from: Math.min(same.from, gap.from), to: Math.max(same.to, gap.to) };
    this.#known = [...this.#known.filter((one) => one !== same), joined].slice(-LIMITS.gaps);
    this.#isWritten = false;
  }

  /** A disk that takes nothing is tried again. */
  write(): void {
    if (this.#isWritten) return;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(this.#known), { mode: 0o600, flush: true });
      renameSync(`${this.#path}.new`, this.#path);
      this.#isWritten = true;
    } catch {
      // The same disk that everything else here waits for.
    }
  }
}

function read(path: string): readonly KnownGap[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as KnownGap[];
  } catch {
    // None was ever there, or it can't be read: what it told is lost, and nothing else.
    return [];
  }
}
