import { type Field, listOf } from './fields.ts';

/**
 * Names of the fields that end at this hop (RFC 9110, 7.6.1): the standing ones and those that `Connection` lists, as
 * well as its options such as `close`.
 */
export function hopByHop(fields: readonly Field[]): ReadonlySet<string> {
  const names = new Set<string>(ALWAYS);
  for (const { lower, value } of fields) {
    if (lower === 'connection') for (const option of listOf(value)) names.add(option);
  }
  return names;
}

const ALWAYS = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
] as const;
