import type { TrafficRule } from '@islet/policy';
import type { SizeLimits } from '@islet/spec';
import { ProxyError, type ProxyErrorCode } from '../errors.ts';
import type { RequestHead } from '../http/request-head.ts';
import type { ResponseHead } from '../http/response-head.ts';

/**
 * Whether one request and its response keep to the sizes that their service declares. What a message says of its length is
 * believed, since no more is read; what says nothing is counted as it comes. Bodies are never decoded: a compressed body
 * counts as it is, and what it would become is for whoever unpacks it.
 */
export class Sizes {
  readonly #limits: SizeLimits;
  #requestBytes = 0;
  #responseBytes = 0;

  constructor(limits: SizeLimits) {
    this.#limits = limits;
  }

  refuseRequest({ fields }: RequestHead): ProxyError | undefined {
    const { requestHeaders, requestBody } = this.#limits;
    const headers = fields.passed.length + fields.hearsay.length;
    const body = fields.framing.kind === 'length' ? fields.framing.length : 0;
    return (
      tooLarge('head-too-large', 'requestHeaders', headers, requestHeaders) ??
      tooLarge('body-too-large', 'requestBody', body, requestBody)
    );
  }

  refuseRequestBody(bytes: number): ProxyError | undefined {
    this.#requestBytes += bytes;
    return tooLarge('body-too-large', 'requestBody', this.#requestBytes, this.#limits.requestBody);
  }

  refuseResponse({ passed, framing }: ResponseHead): ProxyError | undefined {
    const { responseHeaders, responseBody } = this.#limits;
    const body = framing.kind === 'length' ? framing.length : 0;
    return (
      tooLarge('response-too-large', 'responseHeaders', passed.length, responseHeaders) ??
      tooLarge('response-too-large', 'responseBody', body, responseBody)
    );
  }

  refuseResponseBody(bytes: number): ProxyError | undefined {
    this.#responseBytes += bytes;
    return tooLarge('response-too-large', 'responseBody', this.#responseBytes, this.#limits.responseBody);
  }
}

/** Undefined where nothing is limited: nothing need be counted. */
export function sizesOf(limits: SizeLimits): Sizes | undefined {
  const { requestHeaders, requestBody, responseHeaders, responseBody } = limits;
  const all = requestHeaders ?? requestBody ?? responseHeaders ?? responseBody;
  return all === undefined ? undefined : new Sizes(limits);
}

function tooLarge(
  code: ProxyErrorCode,
  key: keyof SizeLimits,
  bytes: number,
  most: number | undefined,
): ProxyError | undefined {
  if (most === undefined || bytes <= most) return undefined;
  const rule: TrafficRule = `traffic.limits.${key}`;
  return new ProxyError(code, `${bytes} bytes are more than ${most}`, { rule });
}
