import { grpcTimeoutMs } from '@islet/policy';
import { ProxyError } from '../errors.ts';
import { hopByHop } from './connection-options.ts';
import { type Field, listOf, serialiseFields } from './fields.ts';
import { declaredFraming, type Framing, NO_BODY } from './framing.ts';

/** What a request's header fields mean to the proxy, and the text of those that it only passes on. */
export interface RequestFields {
  /** As written, with its port; empty only for an HTTP/1.0 request without one. */
  readonly host: string;
  readonly framing: Framing;
  /** The client wants the connection closed after the response. */
  readonly close: boolean;
  /** The protocol to switch to. Only where there is no body, and never h2c, which would tunnel past every rule here. */
  readonly upgrade: string | undefined;
  /** The client keeps its body back until it is told to send it. */
  readonly expectsContinue: boolean;
  readonly acceptsTrailers: boolean;
  readonly hasIdempotencyKey: boolean;
  /** How long the caller still waits, in milliseconds: the word of a proxy like this one, passed on by a service. */
  readonly deadlineMs: number | undefined;
  /** It is a gRPC call: it is answered, and judged, by gRPC's statuses. */
  readonly grpc: boolean;
  /** How long the caller of a gRPC call waits for all of it; undefined: it didn't say. */
  readonly grpcTimeoutMs: number | undefined;
  readonly declaresTrailers: boolean;
  readonly traceparent: string | undefined;
  readonly tracestate: string | undefined;
  readonly requestId: string | undefined;
  /** The caller asks what was decided of its request. */
  readonly explain: string | undefined;
  readonly forwardedFor: string | undefined;
  readonly forwardedProto: string | undefined;
  readonly forwardedHost: string | undefined;
  /** The other fields by which a proxy says where a request came from, re-serialised. */
  readonly hearsay: string;
  /** All other end-to-end fields, re-serialised. */
  readonly passed: string;
}

export function requestFields(fields: readonly Field[], { http10 }: { readonly http10: boolean }): RequestFields {
  return fieldsMeaning(fields, { http10, framing: declaredFraming(fields) ?? NO_BODY });
}

export interface RequestShape {
  readonly http10: boolean;
  readonly framing: Framing;
}

/** The same for fields that no text of HTTP/1.1 brought. */
export function fieldsMeaning(fields: readonly Field[], { http10, framing }: RequestShape): RequestFields {
  if (http10 && framing.kind === 'chunked') throw new ProxyError('bad-request', 'HTTP/1.0 has no Transfer-Encoding');
  const connection = hopByHop(fields);
  const value = (name: string) => combined(fields, name);
  const mayUpgrade = !http10 && connection.has('upgrade') && framing.kind === 'none';
  // Anything else that is expected is nothing that an instance could keep, and some have been desynchronised by it.
  const expectsContinue = !http10 && hasBody(framing) && EXPECTS.test(value('expect') ?? '');
  const isDropped = (lower: string) => connection.has(lower) || (lower === 'expect' && !expectsContinue);
  const others = fields.filter((field) => !isOwn(field) && !isDropped(field.lower));
  return {
    host: hostOf(fields, http10),
    framing,
    close: http10 || connection.has('close'),
    upgrade: mayUpgrade ? upgradeOf(value('upgrade')) : undefined,
    expectsContinue,
    acceptsTrailers: value('te')?.toLowerCase().includes('trailers') ?? false,
    hasIdempotencyKey: value('idempotency-key') !== undefined,
    deadlineMs: millisecondsOf(value('x-islet-deadline-ms')),
    grpc: GRPC.test(value('content-type') ?? ''),
    grpcTimeoutMs: grpcTimeoutMs(value('grpc-timeout')),
    declaresTrailers: value('trailer') !== undefined,
    traceparent: value('traceparent'),
    tracestate: value('tracestate'),
    requestId: value('x-request-id'),
    explain: value('x-islet-explain'),
    forwardedFor: value('x-forwarded-for'),
    forwardedProto: value('x-forwarded-proto'),
    forwardedHost: value('x-forwarded-host'),
    hearsay: serialiseFields(others.filter(isHearsay)),
    passed: serialiseFields(others.filter((field) => !isHearsay(field))),
  };
}

/**
 * Fields that the proxy writes itself. No client may set `x-islet-…`: an instance trusts what it reads there. CGI and its
 * heirs (WSGI, Rack, PHP) read `x_islet_caller` as the same field.
 */
export function isOwn({ lower }: Field): boolean {
  const name = withHyphens(lower);
  return OWN.has(name) || name.startsWith('x-islet-');
}

export function isHearsay({ lower }: Field): boolean {
  const name = withHyphens(lower);
  return name === 'forwarded' || name === 'x-real-ip' || name.startsWith('x-forwarded-');
}

function withHyphens(name: string): string {
  return name.includes('_') ? name.replaceAll('_', '-') : name;
}

function hostOf(fields: readonly Field[], http10: boolean): string {
  const hosts = fields.filter((field) => field.lower === 'host');
  const [host] = hosts;
  if (host === undefined && http10) return '';
  if (host === undefined) throw new ProxyError('bad-request', 'Host is missing');
  if (hosts.length > 1) throw new ProxyError('bad-request', 'Host is there more than once');
  if (!HOST.test(host.value)) throw new ProxyError('bad-request', 'Host is not a host with an optional port');
  return host.value;
}

function upgradeOf(value: string | undefined): string | undefined {
  const protocols = listOf(value ?? '');
  const isFit = protocols.length > 0 && protocols.every((name) => PROTOCOL.test(name) && !/^(?:h2|http\/)/.test(name));
  return isFit ? value : undefined;
}

function hasBody(framing: Framing): boolean {
  return framing.kind === 'length' ? framing.length > 0 : framing.kind !== 'none';
}

function millisecondsOf(value: string | undefined): number | undefined {
  return value !== undefined && /^[0-9]{1,9}$/.test(value) ? Number(value) : undefined;
}

function combined(fields: readonly Field[], name: string): string | undefined {
  let all: string | undefined;
  for (const { lower, value } of fields) if (lower === name) all = all === undefined ? value : `${all}, ${value}`;
  return all;
}

const OWN: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'grpc-timeout',
  'traceparent',
  'tracestate',
  'x-request-id',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
]);

const EXPECTS = /^100-continue$/i;
/** RFC 9110, 7.8: a name, and a version where it has one. */
const PROTOCOL = /^[!#$%&'*+\-.^_`|~0-9a-z]+(?:\/[!#$%&'*+\-.^_`|~0-9a-z]+)?$/;
const GRPC = /^application\/grpc(?:$|[+;])/i;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~!$&'()*+;=%-]+)(?::[0-9]{0,5})?$/i;
