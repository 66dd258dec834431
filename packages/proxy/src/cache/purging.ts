import type { CachePurge } from '@islet/policy';
import { fieldValues, parseFields } from '../http/fields.ts';
import type { Stored } from './stored.ts';

/** Whether an order to purge means this response. */
export function isMeant({ path, group }: CachePurge, target: string, stored: Stored): boolean {
  if (path !== undefined && !isAt(target, path)) return false;
  return group === undefined || groupsOf(stored).has(group);
}

/** A path means its targets whatever their query; one that ends in `/*` means all below it. */
function isAt(target: string, path: string): boolean {
  const query = target.indexOf('?');
  const own = query < 0 ? target : target.slice(0, query);
  return path.endsWith('/*') ? own.startsWith(path.slice(0, -1)) : own === path;
}

/** What the response says of itself (RFC 9875): a list of strings, each in quotes, with parameters that mean nothing yet. */
function groupsOf({ head }: Stored): ReadonlySet<string> {
  const said = fieldValues(parseFields(head.passed)).get('cache-groups') ?? '';
  return new Set([...said.matchAll(GROUP)].map(([, text = '']) => text.replace(/\\(.)/g, '$1')));
}

const GROUP = /"((?:[^"\\]|\\.)*)"/g;
