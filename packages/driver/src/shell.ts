import type { CallOptions } from './compute.ts';
import type { MigrateRequest } from './data.ts';

/** How a person looks into a store: one statement at a time, in the engine's own language, as the service. */
export interface StoreShell {
  /** Unless `write`, the engine itself keeps it from changing anything. Bounded in time and rows. */
  run(request: ShellRequest, options: CallOptions): Promise<ShellOutcome>;
  /** Runs every file of a folder, in order, each whole or not at all, and remembers none. */
  seed(request: MigrateRequest, options: CallOptions): Promise<SeedOutcome>;
}

export interface ShellRequest {
  readonly service: string;
  readonly text: string;
  readonly write: boolean;
}

export type ShellOutcome =
  | {
      readonly kind: 'rows';
      readonly columns: readonly string[];
      readonly rows: readonly (readonly ShellValue[])[];
      /** There are more than `SHELL_LIMITS.rows`. */
      readonly more: boolean;
    }
  /** It gave no rows: what it did, in the engine's words. */
  | { readonly kind: 'done'; readonly text: string }
  | { readonly kind: 'failed'; readonly reason: string };

export type ShellValue = string | number | boolean | null;

export type SeedOutcome =
  | { readonly kind: 'seeded'; readonly files: readonly string[] }
  /** Those before it are in. */
  | { readonly kind: 'failed'; readonly file: string; readonly reason: string };

export const SHELL_LIMITS = {
  /** A person reads no more, and the control plane holds them all. */
  rows: 1000,
  /** Of one statement. */
  runMs: 60_000,
  /** Of one value, in characters; the rest is cut off. */
  valueLength: 10_000,
} as const;

/** What any engine's client gives for a value, as it is shown. */
export function shellValue(value: unknown): ShellValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  const text =
    value instanceof Uint8Array
      ? `\\x${Buffer.from(value).toString('hex')}`
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value);
  return text.length > SHELL_LIMITS.valueLength ? `${text.slice(0, SHELL_LIMITS.valueLength)}…` : text;
}
