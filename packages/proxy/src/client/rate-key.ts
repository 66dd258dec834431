import type { Draw } from '@islet/policy';
import type { RateLimitKey, RateLimitSpec } from '@islet/spec';
import { fieldValue } from '../http/fields.ts';
import type { RequestFields } from '../http/request-fields.ts';

/** From whose buckets a request takes. Each limit has its own: two by client may be for a second and for an hour. */
export function drawsOf(limits: readonly RateLimitSpec[], asker: Asker): readonly Draw[] {
  return limits.map((limit, index) => ({ key: `${index} ${rateKey(limit.by, asker)}`, limit }));
}

/** Who asks, as far as it is known. */
export interface Asker {
  /** An address, or the calling service. */
  readonly client: string;
  readonly fields: RequestFields;
  /** A claim of its token, where that was verified. */
  readonly claimOf: (authorization: string | undefined, claim: string) => string | undefined;
}

/** Whose bucket it is. Kinds of key never meet: a header's value can't pose as an address. */
function rateKey(by: RateLimitKey, { client, fields: { passed }, claimOf }: Asker): string {
  switch (by.kind) {
    case 'client':
      return `c ${client}`;
    case 'header': {
      const value = fieldValue(passed, by.name);
      return value === undefined ? `c ${client}` : `h ${value.slice(0, LONGEST_VALUE)}`;
    }
    case 'claim': {
      const value = claimOf(fieldValue(passed, 'authorization'), by.name);
      return value === undefined ? `c ${client}` : `j ${value.slice(0, LONGEST_VALUE)}`;
    }
    case 'route':
      return 'r';
  }
}

const LONGEST_VALUE = 256;
