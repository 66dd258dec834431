import type { DataDriver } from '@islet/driver';
import { redactor } from '@islet/telemetry';
import type { Secrets } from './store/secrets.ts';

/** Values that were replaced or removed, and may still be printed by what was started with them. */
const RETIRED = 100;

/** Where secrets are: those that were set, and the passwords of stores, which nobody declared. */
export interface Kept {
  readonly secrets: Pick<Secrets, 'changes' | 'values'>;
  readonly data: readonly Pick<DataDriver, 'passwords'>[];
}

/** All that is a secret, and what was one since this process began. The same array for as long as nothing changes. */
export function followSecrets({ secrets, data }: Kept): () => readonly string[] {
  const sources = [secrets, ...data.flatMap(({ passwords }) => passwords ?? [])];
  const count = () => sources.reduce((sum, source) => sum + source.changes(), 0);
  const current = () => sources.flatMap((source) => source.values());
  let changes = count();
  let known: readonly string[] = current();
  return () => {
    if (count() !== changes) {
      changes = count();
      const values = current();
      const retired = known.filter((value) => !values.includes(value)).slice(-RETIRED);
      known = [...retired, ...values];
    }
    return known;
  };
}

/** A redactor that follows the secrets: made anew only when one of them changes. */
export function createRedactor(kept: Kept): (text: string) => string {
  const known = followSecrets(kept);
  let of = known();
  let redact = redactor(of);
  return (text) => {
    if (known() !== of) {
      of = known();
      redact = redactor(of);
    }
    return redact(text);
  };
}
