import type { Readable } from 'node:stream';
import type { Colors } from 'picocolors/types.js';

/** All that a verb may know of the world that it was called in; tests give it another. */
export interface Context {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly version: string;
  readonly entries: Entries;
}

/** Main modules of the other processes; only the composition knows where they are. */
export interface Entries {
  readonly controlPlane: string;
  readonly keeper: string;
  /** Brings a system back where none is. */
  readonly recover: string;
}

export interface Output {
  write(text: string | Uint8Array): void;
  /** Undefined: not a terminal, so no colours, no cursor movement, no questions. */
  readonly terminal: { readonly columns: number; readonly rows: number } | undefined;
  readonly colours: Colors;
}

export function writeLines(output: Output, lines: readonly string[]): void {
  if (lines.length > 0) output.write(`${lines.join('\n')}\n`);
}

export function writeJson(output: Output, value: unknown): void {
  output.write(`${JSON.stringify(value, null, 2)}\n`);
}
