import { readerOf, readFields, readMessage, SKIP } from '../otlp/wire.ts';

/** What became of one try to send a message. */
export type Outcome =
  | { readonly kind: 'http'; readonly status: number; readonly retryAfter: string | undefined; readonly body: Buffer }
  | {
      readonly kind: 'grpc';
      readonly status: number;
      readonly message: string;
      /** `grpc-status-details-bin`, in base64. */
      readonly details: string | undefined;
      readonly body: Buffer;
    }
  /** Nobody answered, or not in time. */
  | { readonly kind: 'unreached'; readonly why: string };

/** What follows from it. */
export type Verdict =
  /** `rejected`: of its items, so many were not taken, for good. */
  | { readonly kind: 'taken'; readonly rejected: number; readonly why: string }
  /** `afterMs`: the backend said when. */
  | { readonly kind: 'again'; readonly afterMs: number | undefined; readonly why: string }
  /** The same message would be refused for ever. */
  | { readonly kind: 'refused'; readonly why: string };

/** OTLP 1.x, "Failures": every other 4xx or 5xx is for good. */
const HTTP_AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** cancelled, deadline exceeded, aborted, out of range, unavailable, data loss. */
const GRPC_AGAIN: ReadonlySet<number> = new Set([1, 4, 10, 11, 14, 15]);
/** Only with word of when: otherwise the message itself is too much. */
const GRPC_EXHAUSTED = 8;
const WHY_CHARS = 200;

export function verdictOf(outcome: Outcome, now: number): Verdict {
  switch (outcome.kind) {
    case 'unreached':
      return { kind: 'again', afterMs: undefined, why: outcome.why };
    case 'http': {
      const { status, retryAfter, body } = outcome;
      if (status >= 200 && status < 300) return taken(body);
      const why = `it answers ${status}`;
      if (!HTTP_AGAIN.has(status)) return { kind: 'refused', why };
      return { kind: 'again', afterMs: retryAfterMs(retryAfter, now), why };
    }
    case 'grpc': {
      const { status, message, details, body } = outcome;
      if (status === 0) return taken(body);
      const why = `it answers gRPC status ${status}${message === '' ? '' : `: ${message.slice(0, WHY_CHARS)}`}`;
      const afterMs = retryInfoMs(details);
      const isAgain = GRPC_AGAIN.has(status) || (status === GRPC_EXHAUSTED && afterMs !== undefined);
      return isAgain ? { kind: 'again', afterMs, why } : { kind: 'refused', why };
    }
  }
}

/** RFC 9110, 10.2.3: seconds, or a date. */
function retryAfterMs(field: string | undefined, now: number): number | undefined {
  if (field === undefined) return undefined;
  if (/^\d{1,9}$/.test(field.trim())) return Number(field) * 1000;
  const at = Date.parse(field);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** A response has a partial success, or nothing. One that can't be read says that it was taken, by its status. */
function taken(body: Buffer): Verdict {
  let [rejected, why] = [0, ''];
  attempt(() => {
    const reader = readerOf(body);
    readFields(reader, body.length, (field) => {
      if (field !== 1) return SKIP;
      return readMessage(reader, (inner) => {
        if (inner === 1) rejected = Number(reader.int64());
        else if (inner === 2) why = reader.string().slice(0, WHY_CHARS);
        else return SKIP;
        return undefined;
      });
    });
  });
  return { kind: 'taken', rejected: Math.max(0, rejected), why };
}

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** `google.rpc.Status` with a `google.rpc.RetryInfo` among its details. */
function retryInfoMs(details: string | undefined): number | undefined {
  if (details === undefined) return undefined;
  let afterMs: number | undefined;
  attempt(() => {
    const bytes = Buffer.from(details, 'base64');
    const reader = readerOf(bytes);
    readFields(reader, bytes.length, (field) => {
      if (field !== 3) return SKIP;
      let type = '';
      let value: Uint8Array = new Uint8Array();
      readMessage(reader, (inner) => {
        if (inner === 1) type = reader.string();
        else if (inner === 2) value = reader.bytes();
        else return SKIP;
        return undefined;
      });
      if (type === RETRY_INFO) afterMs = delayMs(value);
      return undefined;
    });
  });
  return afterMs;
}

function delayMs(retryInfo: Uint8Array): number {
  const reader = readerOf(retryInfo);
  let [seconds, nanos] = [0, 0];
  readFields(reader, retryInfo.length, (field) => {
    if (field !== 1) return SKIP;
    return readMessage(reader, (inner) => {
      if (inner === 1) seconds = Number(reader.int64());
      else if (inner === 2) nanos = reader.int32();
      else return SKIP;
      return undefined;
    });
  });
  return seconds * 1000 + nanos / 1e6;
}

function attempt(read: () => void): void {
  try {
    read();
  } catch {
    // What was understood until then counts.
  }
}

/** The Collector's own: half as long again each time, up to half a minute, and spread by half. */
const BACKOFF = { firstMs: 1_000, factor: 1.5, longestMs: 30_000, spread: 0.5 } as const;
/** No backend makes us wait for longer: it would have dropped all that waits here. */
const LONGEST_ASKED_MS = 5 * 60_000;

/** Before the next try, after so many in a row. `random` is from 0 to 1. */
export function waitMs(tries: number, asked: number | undefined, random: number): number {
  if (asked !== undefined) return Math.min(asked, LONGEST_ASKED_MS);
  const plain = Math.min(BACKOFF.longestMs, BACKOFF.firstMs * BACKOFF.factor ** (tries - 1));
  return plain * (1 + BACKOFF.spread * (2 * random - 1));
}
