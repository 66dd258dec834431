import type { RateLimitKey } from '@islet/spec';
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

/** The value of a field in a block of them. `name` is lower case. */
function fieldValue(block: string, name: string): string | undefined {
  for (const line of block.split('\r\n')) {
    if (line.slice(0, name.length).toLowerCase() === name && line.startsWith(': ', name.length)) {
      return line.slice(name.length + 2);
    }
  }
  return undefined;
}

const LONGEST_VALUE = 256;
