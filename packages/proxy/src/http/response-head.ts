import { GRPC_STATUS } from '@islet/policy';
import { ProxyError } from '../errors.ts';
import { hopByHop } from './connection-options.ts';
import { type Field, parseFields, serialiseFields } from './fields.ts';
import { declaredFraming, type Framing, NO_BODY } from './framing.ts';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  /** The instance knows no chunks. */
  readonly http10: boolean;
  readonly framing: Framing;
  /** The length that a response to HEAD, or a 304, only tells of. */
  readonly toldLength: number | undefined;
  /** How long the connection may be kept idle, by its own word; undefined: nothing was said. 0: it ends now. */
  readonly keepAliveMs: number | undefined;
  readonly upgrade: string | undefined;
  readonly retryAfter: string | undefined;
  /** Of a gRPC answer that is nothing but its end; undefined: more follows, or gRPC is not spoken. */
  readonly grpcStatus: number | undefined;
  readonly grpcPushback: string | undefined;
  /** The instance says the request's id itself. */
  readonly hasRequestId: boolean;
  /** By its type, its body has no end of its own: server-sent events, or a gRPC call. */
  readonly streams: boolean;
  /** It is a stream of server-sent events, and not encoded. */
  readonly events: boolean;
  /** It says that trailers will follow. */
  readonly announcesTrailers: boolean;
  /** End-to-end fields without the framing, re-serialised. */
  readonly passed: string;
}

/** `text` is the head without its last empty line; throws `ProxyError`. `toHead`: it answers HEAD. */
export function parseResponseHead(text: string, { toHead }: { readonly toHead: boolean }): ResponseHead {
  const lineEnd = text.indexOf('\r\n');
  const line = parseStatusLine(text.slice(0, lineEnd));
  const meaning = meaningOf(parseFields(text.slice(lineEnd + 2)));
  return responseHead(line, meaning, { toHead, undeclared: BY_CLOSE });
}

export interface StatusLine {
  readonly status: number;
  readonly reason: string;
  readonly http10: boolean;
}

export interface ResponseShape {
  readonly toHead: boolean;
  /** How far the body reaches where the fields don't say. */
  readonly undeclared: Framing;
}

export function responseHead(
  line: StatusLine,
  meaning: FieldsMeaning,
  { toHead, undeclared }: ResponseShape,
): ResponseHead {
  const { status, reason, http10 } = line;
  const { declared } = meaning;
  const isBodiless = toHead || status < 200 || status === 204 || status === 304;
  const framing = isBodiless ? NO_BODY : (declared ?? undeclared);
  const mayTellLength = status === 304 || (toHead && status >= 200 && status !== 204);
  // It says that a body follows where none can: whoever wrote it may send one, and the next response would begin with it.
  const isUnclear = status === 204 && declared !== undefined && !(declared.kind === 'length' && declared.length === 0);
  return {
    status,
    reason,
    http10,
    framing,
    toldLength: mayTellLength && declared?.kind === 'length' ? declared.length : undefined,
    keepAliveMs: http10 || framing.kind === 'close' || isUnclear ? 0 : meaning.keepAliveMs,
    upgrade: meaning.upgrade,
    retryAfter: meaning.retryAfter,
    grpcStatus: meaning.grpcStatus,
    grpcPushback: meaning.grpcPushback,
    hasRequestId: meaning.hasRequestId,
    streams: meaning.streams,
    events: meaning.events,
    announcesTrailers: meaning.announcesTrailers,
    passed: meaning.passed,
  };
}

export interface FieldsMeaning {
  readonly declared: Framing | undefined;
  readonly keepAliveMs: number | undefined;
  readonly upgrade: string | undefined;
  readonly retryAfter: string | undefined;
  readonly grpcStatus: number | undefined;
  readonly grpcPushback: string | undefined;
  readonly hasRequestId: boolean;
  readonly streams: boolean;
  readonly events: boolean;
  readonly announcesTrailers: boolean;
  readonly passed: string;
}

export function meaningOf(fields: readonly Field[]): FieldsMeaning {
  const connection = hopByHop(fields);
  const value = (name: string) => fields.find((field) => field.lower === name)?.value;
  return {
    declared: declaredFraming(fields),
    keepAliveMs: connection.has('close') ? 0 : timeoutOf(value('keep-alive')),
    upgrade: value('upgrade'),
    retryAfter: value('retry-after'),
    grpcStatus: grpcStatusIn(fields),
    grpcPushback: value('grpc-retry-pushback-ms'),
    hasRequestId: value('x-request-id') !== undefined,
    streams: STREAM.test(value('content-type') ?? ''),
    announcesTrailers: value('trailer') !== undefined,
    events: EVENTS.test(value('content-type') ?? '') && value('content-encoding') === undefined,
    passed: serialiseFields(fields.filter(({ lower }) => !OWN.has(lower) && !connection.has(lower))),
  };
}

/** The status of a gRPC call in these fields or trailers; undefined: there is none. One that is no number is 2, unknown. */
export function grpcStatusIn(fields: readonly Field[]): number | undefined {
  const value = fields.find(({ lower }) => lower === 'grpc-status')?.value;
  if (value === undefined) return undefined;
  return /^[0-9]{1,3}$/.test(value) ? Number(value) : GRPC_STATUS.unknown;
}

function parseStatusLine(line: string): StatusLine {
  const match = STATUS_LINE.exec(line);
  if (match === null) throw new ProxyError('bad-response', 'the response does not begin with a valid status line');
  const [, minor, status, reason = ''] = match;
  return { status: Number(status), reason, http10: minor === '0' };
}

function timeoutOf(keepAlive: string | undefined): number | undefined {
  const seconds = /(?:^|[\s,])timeout=([0-9]{1,6})/i.exec(keepAlive ?? '')?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

const BY_CLOSE: Framing = { kind: 'close' };

/** These always speak of this proxy, never of one before it. */
const OWN: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'upgrade',
  'x-islet-error',
  'x-islet-explain',
  'x-islet-fallback',
]);
const EVENTS = /^text\/event-stream(?:[;\s]|$)/i;
const STREAM = /^(?:text\/event-stream|application\/grpc)(?:[+;\s]|$)/i;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5][0-9]{2})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
