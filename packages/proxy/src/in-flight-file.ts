import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { LIMITS } from './limits.ts';

/** How many requests were inside a proxy that was killed. */
export interface LastDeath {
  readonly inFlight: number;
}

/**
 * A few bytes that outlive the process: whether it runs, and how many requests are in it. A proxy that finds `running`
 * there when it starts knows that the one before was killed, and what was lost with it, to within a tenth of a second.
 */
export class InFlightFile {
  readonly lastDeath: LastDeath | undefined;
  readonly #file: number;
  readonly #timer: NodeJS.Timeout;
  #written = '';

  constructor(path: string, inFlight: () => number) {
    this.lastDeath = readLastDeath(path);
    this.#file = openSync(path, 'w', 0o600);
    this.#write('running', 0);
    this.#timer = setInterval(() => this.#write('running', inFlight()), LIMITS.inFlightFileMs);
  }

  /** Ends in order: nothing was lost. */
  close(): void {
    clearInterval(this.#timer);
    this.#write('ended', 0);
    closeSync(this.#file);
  }

  #write(state: 'running' | 'ended', inFlight: number): void {
    const text = `${state.padEnd(8)}${String(inFlight).padStart(8)}\n`;
    if (text === this.#written) return;
    writeSync(this.#file, text, 0);
    this.#written = text;
  }
}

function readLastDeath(path: string): LastDeath | undefined {
  try {
    const match = /^running +([0-9]+)$/m.exec(readFileSync(path, 'latin1'));
    return match === null ? undefined : { inFlight: Number(match[1]) };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}
