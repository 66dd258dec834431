/** The fields that both sides know from the start (RFC 7541, appendix A), the first of them being number 1. */
const FIELDS: readonly (readonly [name: string, ...values: readonly string[]])[] = [
  [':authority', ''],
  [':method', 'GET', 'POST'],
  [':path', '/', '/index.html'],
  [':scheme', 'http', 'https'],
  [':status', '200', '204', '206', '304', '400', '404', '500'],
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ['accept-language', ''],
  ['accept-ranges', ''],
  ['accept', ''],
  ['access-control-allow-origin', ''],
  ['age', ''],
  ['allow', ''],
  ['authorization', ''],
  ['cache-control', ''],
  ['content-disposition', ''],
  ['content-encoding', ''],
  ['content-language', ''],
  ['content-length', ''],
  ['content-location', ''],
  ['content-range', ''],
  ['content-type', ''],
  ['cookie', ''],
  ['date', ''],
  ['etag', ''],
  ['expect', ''],
  ['expires', ''],
  ['from', ''],
  ['host', ''],
  ['if-match', ''],
  ['if-modified-since', ''],
  ['if-none-match', ''],
  ['if-range', ''],
  ['if-unmodified-since', ''],
  ['last-modified', ''],
  ['link', ''],
  ['location', ''],
  ['max-forwards', ''],
  ['proxy-authenticate', ''],
  ['proxy-authorization', ''],
  ['range', ''],
  ['referer', ''],
  ['refresh', ''],
  ['retry-after', ''],
  ['server', ''],
  ['set-cookie', ''],
  ['strict-transport-security', ''],
  ['transfer-encoding', ''],
  ['user-agent', ''],
  ['vary', ''],
  ['via', ''],
  ['www-authenticate', ''],
];

/** By number; nothing is number 0. */
export const STATIC_NAMES: readonly string[] = ['', ...FIELDS.flatMap(([name, ...values]) => values.map(() => name))];
export const STATIC_VALUES: readonly string[] = ['', ...FIELDS.flatMap(([, ...values]) => values)];

/** How many numbers it takes: those after it are the dynamic table's. */
export const STATIC_END: number = STATIC_NAMES.length;

/** The number of the first field of each name; those of one name stand together. */
const FIRST: ReadonlyMap<string, number> = new Map(STATIC_NAMES.map((name, at) => [name, at] as const).reverse());

/** The number of the first field of this name, or 0. */
export function staticName(name: string): number {
  return FIRST.get(name) ?? 0;
}

/** The number of this field, where `first` is that of its name; or 0. */
export function staticField(first: number, value: string): number {
  for (let at = first; STATIC_NAMES[at] === STATIC_NAMES[first]; at++) if (STATIC_VALUES[at] === value) return at;
  return 0;
}
