import type { ObservedInstance } from './model.ts';

/**
 * `: GET /readyz answers 503`: why an instance is not ready, as the end of a sentence; nothing where nobody can say.
 */
export function because({ state }: ObservedInstance): string {
  const why = 'why' in state ? state.why : undefined;
  return why === undefined ? '' : `: ${why}`;
}
