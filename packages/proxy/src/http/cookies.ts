import type { SplitFields } from '@islet/policy';
import { fieldValue } from './fields.ts';
import { hostName } from './host-name.ts';
import type { RequestFields } from './request-fields.ts';

/** The value of a cookie in the field that a client sends (RFC 6265, 4.2.1). */
export function cookieValue(header: string, name: string): string | undefined {
  for (const pair of header.split(';')) {
    const start = pair.startsWith(' ') ? 1 : 0;
    if (pair.startsWith(name, start) && pair[start + name.length] === '=') return pair.slice(start + name.length + 1);
  }
  return undefined;
}

/** What rules that choose a revision look at. */
export function splitFields({ passed, host }: Pick<RequestFields, 'passed' | 'host'>): SplitFields {
  return {
    host: (name) => (hostName(host) === name ? name : undefined),
    header: (name) => fieldValue(passed, name),
    cookie: (name) => cookieValue(fieldValue(passed, 'cookie') ?? '', name),
  };
}
