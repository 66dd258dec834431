/*
 * Desired state: text to a frozen value with every default filled in, or every mistake at once.
 *
 * `parse-system.ts` is all of it in one page, and `model.ts` is what comes out. `locate.ts` knows where each value
 * stands, `draft.ts` reads one service's file, `build-service.ts` makes it a spec. What to do about a mistake is known
 * to `remedy.ts`, `slips.ts` and `near-misses.ts`. What belongs to one section has its name:
 *
 *   schema/<section>.ts    its keys, with defaults and the words of the reference
 *   <section>-model.ts     what it means
 *   <section>.ts           from one to the other
 *   <section>-rules.ts     what a schema can't say
 *   <section>-leaves.ts    back to text, for `islet describe`
 */
export { SERVICE_DEFAULTS, SYSTEM_DEFAULTS } from './defaults.ts';
export { type Described, describe, describeSystem } from './describe.ts';
export {
  DEVELOPMENT_DOMAINS,
  developmentTroubles,
  type Exposed,
  isDevelopmentName,
  isLoopback,
} from './development-tls.ts';
export { RULES, type Rule, type SpecError } from './errors.ts';
export type { Files } from './files.ts';
export { SERVICE_FILE } from './find-services.ts';
export { formatError } from './format-error.ts';
export { ISLET_FILE } from './islet-file.ts';
export { jsonSchema } from './json-schema.ts';
export type { LeafValue } from './leaf.ts';
export { leavesOf } from './leaves.ts';
export * from './model.ts';
export { type Neighbour, parseService } from './parse-service.ts';
export { type ParseResult, parseSystem } from './parse-system.ts';
export { durationText, roundSizeText, sizeText } from './quantities.ts';
export { DEFAULT_TELEMETRY } from './telemetry.ts';
export { templateText } from './template.ts';
export { volumeVariable } from './volumes.ts';
