import type { Place } from './model.ts';

/**
 * The closed set of rules that a system's files can break. Each names one sentence of the reference.
 */
export const RULES = [
  'syntax',
  'type',
  'unknown-key',
  'required',
  'value',
  'duplicate-service',
  'duplicate-route',
  'port-collision',
  'unknown-service',
  'uses-cycle',
  'unknown-environment',
  'unknown-reference',
  'not-allowed',
  'missing-file',
  'no-services',
  'exposed-secret',
  'degraded',
] as const;
export type Rule = (typeof RULES)[number];

/** One mistake, with its place, the rule that it breaks, what was found, and what would be right. */
export interface SpecError {
  readonly place: Place;
  /** The key's path: `api.expose`, `run.env.LOG_LEVEL`; empty for the whole file. */
  readonly path: string;
  readonly rule: Rule;
  /** A sentence that stands on its own, without the place. */
  readonly message: string;
  /** What stood there, as text; undefined where something is missing. */
  readonly found: string | undefined;
  /** The nearest right key or value, or what to do. */
  readonly hint: string | undefined;
}
