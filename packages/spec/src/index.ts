export { RULES, type Rule, type SpecError } from './errors.ts';
export * from './model.ts';
