import type { Contender } from './contender.ts';

/** What each does for a request, so that a figure is not read as if all did the same. */
export function featuresOf(contenders: readonly Contender[]): string {
  return `On in each: ${contenders.map(({ name, features }) => `${name}: ${features}`).join('. ')}.`;
}
