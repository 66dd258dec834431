import type { Guarantee } from '@islet/supervise';

/** What does not hold on this machine, each a sentence with its reason. */
export function unheldOf(guarantees: readonly Guarantee[]): string[] {
  return guarantees.filter(({ held }) => !held).map(({ name, reason }) => `no ${name}: ${reason}`);
}
