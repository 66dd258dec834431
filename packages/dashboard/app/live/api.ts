import { ApiError, createBrowserClient } from '@islet/client/browser';
import { forget, keyHeaders } from './session.ts';

export const api = createBrowserClient(keyHeaders);

/** Any failure as one that can be shown; one that says that we are out, shows the way in. */
export function failureOf(thrown: unknown): ApiError {
  const error = ApiError.from(thrown);
  if (error.code === 'unauthorised' && !error.message.includes('not for browsers')) forget();
  return error;
}

/** What happened, without its code: `conflict: it is paused` is `it is paused`. */
export function messageOf(error: ApiError): string {
  const prefix = `${error.code}: `;
  return error.message.startsWith(prefix) ? error.message.slice(prefix.length) : error.message;
}
