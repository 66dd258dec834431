import { hash32, namedPart, type PathPattern, parsePattern } from '@islet/policy';
import type { BalanceKey, BalanceSpec } from '@islet/spec';
import { cookieValue } from '../http/cookies.ts';
import { fieldValue } from '../http/fields.ts';

export interface Keyed {
  /** The serialised end-to-end fields of the request. */
  readonly passed: string;
  /** The path as the instance sees it, perhaps with a query. */
  readonly target: string;
  /** Whose request it is: an address, or the calling service. */
  readonly client: string;
}

/** Where on a ring the request belongs; undefined: the policy asks for no key, or the request has none. */
export function balanceHash({ algorithm }: BalanceSpec, keyed: Keyed): number | undefined {
  if (algorithm.kind !== 'ring-hash') return undefined;
  const key = keyOf(algorithm.key, keyed);
  return key === undefined ? undefined : hash32(key);
}

function keyOf(key: BalanceKey, { passed, target, client }: Keyed): string | undefined {
  switch (key.kind) {
    case 'client':
      return client;
    case 'header':
      return fieldValue(passed, key.name);
    case 'cookie':
      return cookieValue(fieldValue(passed, 'cookie') ?? '', key.name);
    case 'path': {
      const query = target.indexOf('?');
      return namedPart(patternOf(key), query < 0 ? target : target.slice(0, query));
    }
  }
}

function patternOf(key: Extract<BalanceKey, { kind: 'path' }>): PathPattern {
  const known = patterns.get(key);
  if (known !== undefined) return known;
  const pattern = parsePattern(key.pattern);
  patterns.set(key, pattern);
  return pattern;
}

/** Split once for each key of a table, not for each request. */
const patterns = new WeakMap<BalanceKey, PathPattern>();
