import type { Stored } from '../cache/stored.ts';
import type { ResponseHead } from '../http/response-head.ts';

/** `Cache-Status` says what a cache did for a response (RFC 9211). */
export function withStatus(head: ResponseHead, status: string): ResponseHead {
  return { ...head, passed: `${head.passed}Cache-Status: islet; ${status}\r\n` };
}

/** Of what is stored: for how many seconds it is still fresh. */
export function hitStatus({ lifetime, storedAt }: Stored, now: number): string {
  const leftMs = lifetime.freshForMs - lifetime.initialAgeMs - (now - storedAt);
  return `hit; ttl=${Math.trunc(leftMs / 1000)}`;
}
