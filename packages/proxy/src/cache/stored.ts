import { type Lifetime, lifetimeOf, type Validators } from '@islet/policy';
import type { CacheSpec } from '@islet/spec';
import { type Field, fieldValues, parseFields, serialiseFields } from '../http/fields.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { CacheFields } from './request.ts';

/** A response that is kept, whole. */
export interface Stored extends Validators {
  readonly head: ResponseHead;
  readonly body: Buffer;
  readonly lifetime: Lifetime;
  /** When it came, or was last confirmed, on the clock that never goes back. */
  readonly storedAt: number;
  readonly revision: string;
  /** What the request said in the fields that `Vary` names: only one that says the same may have it. */
  readonly selectedBy: readonly (readonly [name: string, value: string | undefined])[];
}

/** What is known of a response when its head has come; the body follows. */
export type StoredHead = Omit<Stored, 'body'>;

export interface StoringOptions {
  readonly method: string;
  readonly asked: CacheFields;
  readonly spec: CacheSpec;
  readonly revision: string;
  readonly askedAt: number;
  readonly now: number;
  readonly dateNow: number;
}

/** Undefined: it may not be stored, or never be used. */
export function storedHead(head: ResponseHead, options: StoringOptions): StoredHead | undefined {
  const { method, asked, spec, revision, askedAt, now, dateNow } = options;
  const values = fieldValues(parseFields(head.passed));
  const request = { method, cacheControl: asked.cacheControl, hasAuthorization: asked.hasAuthorization };
  const vary = values.get('vary');
  const names = (vary ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || []);
  if (names.some(isAnotherEachTime)) return undefined;
  const etag = values.get('etag');
  const lastModified = values.get('last-modified');
  const lifetime = lifetimeOf(
    request,
    {
      status: head.status,
      etag,
      lastModified,
      vary,
      cacheControl: values.get('cache-control'),
      expires: values.get('expires'),
      date: values.get('date'),
      age: values.get('age'),
      setsCookie: values.has('set-cookie'),
    },
    { spec, tookMs: now - askedAt, dateNow },
  );
  if (lifetime === undefined) return undefined;
  const selectedBy = names.map((name) => [name, asked.values.get(name)] as const);
  return { head: withoutAge(head), lifetime, storedAt: now, revision, selectedBy, etag, lastModified };
}

/** Whoever is served with it is told how old it is then. */
export function withoutAge(head: ResponseHead): ResponseHead {
  return { ...head, passed: serialiseFields(parseFields(head.passed).filter(({ lower }) => lower !== 'age')) };
}

/** Whether a request may have it, by what `Vary` names (RFC 9111, 4.1). */
export function isSelected({ selectedBy }: Stored, { values }: CacheFields): boolean {
  return selectedBy.every(([name, value]) => values.get(name) === value);
}

/** The fields of a 304 take the place of those stored, but for what describes the body that is kept (RFC 9111, 3.2). */
export function confirmedHead(stored: Stored, { passed }: ResponseHead): ResponseHead {
  const newer = parseFields(passed).filter(({ lower }) => !OF_THE_BODY.has(lower));
  const names = new Set(newer.map(({ lower }) => lower));
  const kept = parseFields(stored.head.passed).filter(({ lower }: Field) => !names.has(lower));
  return { ...stored.head, passed: serialiseFields([...kept, ...newer]) };
}

/** Bytes that it takes, roughly: what the runtime adds to each is not nothing. */
export function sizeOf({ head, body, selectedBy }: Stored, key: string): number {
  return body.length + head.passed.length + key.length + 100 * selectedBy.length + 1_000;
}

const OF_THE_BODY: ReadonlySet<string> = new Set(['content-encoding', 'content-type', 'content-range']);

/**
 * What the proxy writes anew for each request, and what else a service hears of where one came from: a response that varies by it is
 * for one request. Scheme and host are part of the key.
 */
function isAnotherEachTime(name: string): boolean {
  if (name === 'x-forwarded-proto' || name === 'x-forwarded-host') return false;
  return ANOTHER_EACH_TIME.has(name) || name.startsWith('x-forwarded-');
}

const ANOTHER_EACH_TIME: ReadonlySet<string> = new Set([
  ...['traceparent', 'tracestate', 'x-request-id', 'x-islet-deadline-ms', 'via', 'forwarded', 'x-real-ip'],
]);
