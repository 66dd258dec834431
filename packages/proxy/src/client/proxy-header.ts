import { isIPv4, SocketAddress } from 'node:net';

/** Who a connection comes from, as one says of it that has passed it on. */
export interface TracedClient {
  readonly address: string;
  readonly port: number;
}

/**
 * What stands before the first byte of a connection (PROXY protocol, version 2: haproxy.org, `proxy-protocol.txt`). `client`
 * undefined: whoever passes it on speaks for itself, as its health checks do.
 */
export type ProxyHeader =
  | { readonly kind: 'header'; readonly length: number; readonly client: TracedClient | undefined }
  /** Too little has come to say. */
  | { readonly kind: 'more' }
  | { readonly kind: 'bad'; readonly why: string };

/** Reads it off the beginning of a connection. Anything else there is bad: an address that is made up must not count. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  const seen = Math.min(bytes.length, SIGNATURE.length);
  if (bytes.compare(SIGNATURE, 0, seen, 0, seen) !== 0) return bad('the connection does not begin with a header');
  if (bytes.length < FIXED) return MORE;
  const [version, family, length] = [bytes.readUInt8(12), bytes.readUInt8(13), bytes.readUInt16BE(14)];
  if (version >>> 4 !== 2) return bad(`its version is ${version >>> 4}, not 2`);
  const command = version & 0x0f;
  if (command > PROXY) return bad(`its command ${command} is not known`);
  if (length > LONGEST) return bad(`it has ${length} bytes, more than ${LONGEST}`);
  if (bytes.length < FIXED + length) return MORE;
  if (command === LOCAL || family === UNSPECIFIED || family === UNIX)
    return { kind: 'header', length: FIXED + length, client: undefined };
  const client = clientOf(family, bytes.subarray(FIXED, FIXED + length));
  return client === undefined
    ? bad('its addresses are not those of TCP')
    : { kind: 'header', length: FIXED + length, client };
}

export interface ProxyHeaderOptions {
  readonly from: TracedClient;
  readonly to: TracedClient;
  /** The service that calls, in a value of our own (0xe0). */
  readonly caller: string | undefined;
}

/** The header for an instance that wants to know who calls. */
export function proxyHeader({ from, to, caller }: ProxyHeaderOptions): Buffer {
  const family = isIPv4(from.address) && isIPv4(to.address) ? TCP4 : TCP6;
  const addresses = [from.address, to.address].map((address) =>
    family === TCP4 ? bytesOfV4(address) : bytesOfV6(address),
  );
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(from.port, 0);
  ports.writeUInt16BE(to.port, 2);
  const value = Buffer.from(caller ?? '');
  const values = caller === undefined ? [] : [Buffer.from([CALLER, value.length >>> 8, value.length & 0xff]), value];
  const rest = Buffer.concat([...addresses, ports, ...values]);
  const fixed = Buffer.alloc(FIXED);
  SIGNATURE.copy(fixed);
  fixed.writeUInt8((2 << 4) | PROXY, 12);
  fixed.writeUInt8(family, 13);
  fixed.writeUInt16BE(rest.length, 14);
  return Buffer.concat([fixed, rest]);
}

function clientOf(family: number, bytes: Buffer): TracedClient | undefined {
  if (family === TCP4 && bytes.length >= 12) {
    return { address: bytes.subarray(0, 4).join('.'), port: bytes.readUInt16BE(8) };
  }
  if (family !== TCP6 || bytes.length < 36) return undefined;
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  const { address } = new SocketAddress({ family: 'ipv6', address: groups.join(':') });
  return { address: address.replace(/^::ffff:(?=[\d.]+$)/, ''), port: bytes.readUInt16BE(32) };
}

function bytesOfV4(address: string): Buffer {
  return Buffer.from(address.split('.').map(Number));
}

function bytesOfV6(address: string): Buffer {
  if (isIPv4(address)) return Buffer.concat([Buffer.alloc(10), Buffer.from([0xff, 0xff]), bytesOfV4(address)]);
  const [head = '', tail] = address.split('::');
  const groupsOf = (text: string) => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groupsOf(head), tail === undefined ? [] : groupsOf(tail)];
  const groups = [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(groups.flatMap((group) => [group >>> 8, group & 0xff]));
}

function bad(why: string): ProxyHeader {
  return { kind: 'bad', why };
}

const MORE: ProxyHeader = { kind: 'more' };
const SIGNATURE = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const FIXED = 16;
/** Addresses and some values; the protocol allows 64 KiB, and nobody sends that. */
const LONGEST = 2_048;
const LOCAL = 0;
const PROXY = 1;
const UNSPECIFIED = 0x00;
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNIX = 0x31;
const CALLER = 0xe0;
