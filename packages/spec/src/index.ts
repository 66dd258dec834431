export { SERVICE_DEFAULTS, SYSTEM_DEFAULTS } from './defaults.ts';
export { type Described, describe } from './describe.ts';
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
