import { parseDurationMs } from './parse.ts';

export interface CommandSpec {
  /** As commander reads it: `logs [service] [folder]`. */
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly examples: readonly string[];
  readonly group?: keyof typeof GROUPS;
  readonly alias?: string;
  readonly hidden?: boolean;
  /** Meant where the words after its parent name none of the subcommands. */
  readonly isDefault?: boolean;
  readonly passThrough?: boolean;
  readonly options?: readonly OptionSpec[];
  readonly subcommands?: readonly CommandSpec[];
}

export interface OptionSpec {
  readonly flags: string;
  readonly text: string;
  readonly fallback?: string;
  /** The verb can't do without it. */
  readonly required?: boolean;
  readonly parse?: (text: string, before: never) => unknown;
  readonly choices?: readonly string[];
}

export const GROUPS = {
  make: 'Make and check:',
  run: 'Run:',
  data: 'Data:',
  look: 'Look:',
  machine: 'Machine and shell:',
} as const;

export const LANGS = ['ts', 'python', 'go', 'java'] as const;

/* Options that several verbs have. */
export const state: OptionSpec = {
  flags: '--state <dir>',
  text: 'where Islet keeps what it makes (default: <folder>/.islet)',
};
export const json: OptionSpec = { flags: '--json', text: 'print JSON for programs' };
export const environment: OptionSpec = { flags: '--env <name>', text: 'the overlay of islet.yaml that holds' };
export const timeout = (fallback: string): OptionSpec => ({
  flags: '--timeout <duration>',
  text: 'give up waiting after this long (500ms, 30s, 10m)',
  fallback,
  parse: parseDurationMs,
});
