import { clientHasIt, rangeOf } from '@islet/policy';
import { cacheFields } from '../cache/request.ts';
import type { Stored } from '../cache/stored.ts';
import { parseFields, serialiseFields } from '../http/fields.ts';
import { NO_BODY } from '../http/framing.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';
import type { WholeResponse } from './reply.ts';

/** What a client gets of a stored response: all of it, the part that it wants, or that it has it already. */
export function servedOf(
  { head, body, lifetime, storedAt, etag, lastModified }: Stored,
  { method, fields }: RequestHead,
  now: number,
): WholeResponse {
  const ageSeconds = Math.floor((lifetime.initialAgeMs + now - storedAt) / 1000);
  const passed = `${head.passed}Age: ${ageSeconds}\r\n`;
  const asked = cacheFields(fields);
  if (head.status === 200 && clientHasIt(asked, { etag, lastModified })) {
    return { head: { ...head, ...NOT_MODIFIED, passed: ofNotModified(passed) }, body: undefined };
  }
  if (method === 'HEAD')
    return { head: { ...head, passed, framing: NO_BODY, toldLength: body.length }, body: undefined };
  const range = head.status === 200 ? rangeOf(asked, { etag, lastModified, length: body.length }) : undefined;
  if (range?.kind === 'part') {
    const part = body.subarray(range.first, range.last + 1);
    const told = `${passed}Content-Range: bytes ${range.first}-${range.last}/${body.length}\r\n`;
    return { head: { ...whole(head, part), status: 206, reason: 'Partial Content', passed: told }, body: part };
  }
  if (range?.kind === 'unsatisfiable') {
    const told = `Content-Range: bytes */${body.length}\r\n`;
    const reason = 'Range Not Satisfiable';
    return { head: { ...whole(head, NOTHING), status: 416, reason, passed: told }, body: undefined };
  }
  return { head: { ...whole(head, body), passed }, body };
}

function whole(head: ResponseHead, body: Buffer): ResponseHead {
  const framing = head.status === 204 ? NO_BODY : ({ kind: 'length', length: body.length } as const);
  return { ...head, framing, toldLength: undefined };
}

/** RFC 9110, 15.4.5: what a copy is confirmed and used by. */
function ofNotModified(passed: string): string {
  return serialiseFields(parseFields(passed).filter(({ lower }) => CONFIRMING.has(lower)));
}

const NOT_MODIFIED = { status: 304, reason: 'Not Modified', framing: NO_BODY, toldLength: undefined } as const;
const NOTHING = Buffer.alloc(0);
const CONFIRMING: ReadonlySet<string> = new Set([
  ...['age', 'cache-control', 'cache-status', 'content-location', 'date', 'etag', 'expires', 'last-modified', 'vary'],
]);
