/**
 * Fields that no table of HPACK may hold: whoever can add fields to the same connection and sees how long its messages are
 * could try out what is in a table (RFC 7541, 7.1). Some are known. Others a peer marks as never to be indexed, and an
 * intermediary must keep to that (6.2.3). What is passed on goes through the words of HTTP/1.1, which have no such mark, so
 * it is the name that is remembered, for as long as the process lives.
 */
const secrets = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie']);

/** A peer that marks more names than this gains nothing but that they are written out each time. */
const MOST_NAMES = 256;
const LONGEST_NAME = 64;

export function isSecret(name: string): boolean {
  return secrets.has(name);
}

export function keepSecret(name: string): void {
  if (secrets.size < MOST_NAMES && name.length <= LONGEST_NAME) secrets.add(name);
}
