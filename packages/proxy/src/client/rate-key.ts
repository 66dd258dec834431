import type { RateLimitKey } from '@islet/spec';
import { fieldValue } from '../http/fields.ts';
import type { RequestFields } from '../http/request-fields.ts';

/** Whose bucket a request takes from. Kinds of key never meet: a header's value can't pose as an address. */
export function rateKey(by: RateLimitKey, client: string, { passed }: RequestFields): string {
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
