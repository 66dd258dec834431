import { redactor } from '@islet/telemetry';
import type { Secrets } from './store/secrets.ts';

/** Values that were replaced or removed, and may still be printed by what was started with them. */
const RETIRED = 100;

/** All that is a secret, and what was one since this process began. The same array for as long as nothing changes. */
export function followSecrets(secrets: Pick<Secrets, 'changes' | 'values'>): () => readonly string[] {
  let known: readonly string[] = secrets.values();
  let changes = secrets.changes();
  return () => {
    if (secrets.changes() !== changes) {
      const values = secrets.values();
      const retired = known.filter((value) => !values.includes(value)).slice(-RETIRED);
      known = [...retired, ...values];
      changes = secrets.changes();
    }
    return known;
  };
}

/** A redactor that follows the secrets: made anew only when one of them changes. */
export function createRedactor(secrets: Pick<Secrets, 'changes' | 'values'>): (text: string) => string {
  const known = followSecrets(secrets);
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
