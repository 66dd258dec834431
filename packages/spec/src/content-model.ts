/** In bytes, of one message; undefined: the proxy's own limit on headers, and none on bodies, which stream. */
export interface SizeLimits {
  readonly requestHeaders: number | undefined;
  readonly requestBody: number | undefined;
  readonly responseHeaders: number | undefined;
  readonly responseBody: number | undefined;
}

/** A shared cache in front of the service (RFC 9111; RFC 5861). */
export interface CacheSpec {
  /** For all its responses together; the least recently used go first. */
  readonly memoryBytes: number;
  /** A larger body is not stored. */
  readonly maxBodyBytes: number;
  /** For responses that say nothing of it; 0: those are not stored. */
  readonly freshForMs: number;
  readonly staleWhileRevalidateMs: number;
  readonly staleIfErrorMs: number;
  /** What one revision answered is used for the next one too. */
  readonly acrossRevisions: boolean;
}

/** In the order in which they are preferred, where the client likes several alike. */
export const CONTENT_CODINGS = ['zstd', 'br', 'gzip'] as const;
export type ContentCoding = (typeof CONTENT_CODINGS)[number];

/** Which responses are compressed for clients that accept it. */
export interface CompressSpec {
  readonly encodings: readonly ContentCoding[];
  /** A response that is known to be shorter is sent as it is. */
  readonly minBytes: number;
  /** Media types without parameters, lower case: `text/*` or `application/json`. */
  readonly types: readonly string[];
}

/** What callers get where the service gives no answer, or one that won't do. */
export interface FallbackSpec {
  /** Where the proxy itself would answer with 5xx. */
  readonly unanswered: boolean;
  /** What the service itself may answer with. */
  readonly statuses: readonly number[];
  readonly to: FallbackTarget;
}

export type FallbackTarget =
  /** `file`: where the body comes from; it has been read. */
  | {
      readonly kind: 'respond';
      readonly status: number;
      readonly type: string;
      readonly body: string;
      readonly file: string | undefined;
    }
  /** One that the service itself uses: it asks in this one's name. */
  | { readonly kind: 'service'; readonly service: string };

/** The most important first. */
export const PRIORITIES = ['critical', 'high', 'normal', 'low'] as const;
export type Priority = (typeof PRIORITIES)[number];

/** When requests are shed because most are refused (adaptive throttling). */
export interface AdmissionSpec {
  /** So many times what is accepted may be sent. */
  readonly k: number;
  readonly windowMs: number;
  /** Where a service says how important its request is; lower case. Undefined: nowhere. */
  readonly header: string | undefined;
}
