import { type Field, listOf } from './fields.ts';

/**
 * Names of the fields that end at this hop (RFC 9110, 7.6.1): the standing ones and those that `Connection` lists, as
 * well as its options such as `close`. `upgrade` is only there where it is listed: without that, whoever is between has not
 * understood it, and would not know that the protocol changes.
 */
export function hopByHop(fields: readonly Field[]): ReadonlySet<string> {
  let names = ALWAYS;
  for (const { lower, value } of fields) {
    if (lower === 'connection' && value !== 'keep-alive') names = names.union(new Set(listOf(value)));
  }
  return names;
}

const ALWAYS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'http2-settings',
]);

/** Fields that a connection of HTTP/1.1 has, and no message of HTTP/2 (RFC 9113, 8.2.2). */
export const CONNECTION_SPECIFIC: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
