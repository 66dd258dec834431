import type { ForwardSignal, ForwardSpec } from '@islet/spec';
import type { Message } from './message.ts';
import type { Outcome } from './verdict.ts';

/** Of an answer; what says more than that is not read. */
export const ANSWER_BYTES = 64 * 1024;

/** A backend with all that is needed to speak to it: headers have their values, and authorities are in PEM. */
export type Backend = Pick<ForwardSpec, 'url' | 'protocol' | 'timeoutMs'> & {
  readonly headers: Readonly<Record<string, string>>;
  readonly ca?: string | undefined;
};

/** The way to one backend. It never throws: that nobody is reached is an outcome. */
export interface Transport {
  send(signal: ForwardSignal, message: Message, gone: AbortSignal): Promise<Outcome>;
  close(): void;
}

/** Why nobody was reached, in words. */
export function whyOf(error: unknown, timeoutMs: number): string {
  const { name, code, message, cause } = error as NodeJS.ErrnoException & { readonly cause?: NodeJS.ErrnoException };
  if (name === 'TimeoutError' || cause?.name === 'TimeoutError') return `it does not answer within ${timeoutMs} ms`;
  // A call over HTTP/2 hears that it was cancelled, and the connection why.
  const reason = (typeof cause?.code === 'string' ? cause.code : code) ?? message;
  return REASONS[reason] ?? (CERTIFICATE.test(reason) ? UNTRUSTED : reason);
}

/** As OpenSSL names what it does not like about a chain. */
const CERTIFICATE = /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)|CERT_UNTRUSTED/;
const UNTRUSTED = 'its certificate is of an authority that is not trusted: name it in telemetry.forward[].ca';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'it broke off the connection',
  EPIPE: 'it broke off the connection',
  ENOTFOUND: 'its name is not known',
  EAI_AGAIN: 'its name can not be looked up now',
  EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};
