import type { Draw } from '@islet/policy';
import type { RateLimitKey, RateLimitSpec } from '@islet/spec';
import { fieldValue } from '../http/fields.ts';
import type { RequestFields } from '../http/request-fields.ts';

/** From whose buckets a request takes. Each limit has its own: two by client may be for a second and for an hour. */
export function drawsOf(limits: readonly RateLimitSpec[], client: string, fields: RequestFields): readonly Draw[] {
  return limits.map((limit, index) => ({ key: `${index} ${rateKey(limit.by, client, fields)}`, limit }));
}

/** Whose bucket it is. Kinds of key never meet: a header's value can't pose as an address. */
function rateKey(by: RateLimitKey, client: string, { passed }: RequestFields): string {
  switch (by.kind) {
    case 'client':
      return `c ${client}`;
    case 'header': {
      const value = fieldValue(passed, by.name);
      return value === undefined ? `c ${client}` : `h ${value.slice(0, LONGEST_VALUE)}`;
    }
    case 'route':
      return 'r';
  }
}

const LONGEST_VALUE = 256;
