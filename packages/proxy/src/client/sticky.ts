import { createHash } from 'node:crypto';
import type { StickySpec } from '@islet/spec';
import { cookieValue } from '../http/cookies.ts';
import { fieldValue } from '../http/fields.ts';
import type { EndpointState } from '../upstream/endpoint.ts';
import type { RequestOrigin } from '../upstream/request-text.ts';
import type { ServiceState } from '../upstream/service.ts';

/**
 * Which instance a client's requests go to. The cookie holds a digest of the instance's name: it says nothing of the
 * inside, it is the same in every worker and after a restart of the proxy, and a made-up one is no instance's. Whoever sends
 * another's gets the instance that the balance could have given it too, so nothing is gained by forging one.
 */
export function stuckEndpoint({ pool }: ServiceState, { cookie }: StickySpec, passed: string) {
  const value = cookieValue(fieldValue(passed, 'cookie') ?? '', cookie);
  return value === undefined ? undefined : pool.endpoints.find((endpoint) => stickyId(endpoint) === value);
}

/** The field, with its end, that makes a client come back to this instance. Not for scripts, nor for other sites' requests. */
export function stickyField(
  { cookie, maxAgeMs }: StickySpec,
  endpoint: EndpointState,
  { secure }: Pick<RequestOrigin, 'secure'>,
): string {
  const age = maxAgeMs === undefined ? '' : `; Max-Age=${Math.ceil(maxAgeMs / 1000)}`;
  return `Set-Cookie: ${cookie}=${stickyId(endpoint)}; Path=/; HttpOnly; SameSite=Lax${age}${secure ? '; Secure' : ''}\r\n`;
}

function stickyId(state: EndpointState): string {
  const known = ids.get(state);
  if (known !== undefined) return known;
  const { service, endpoint } = state;
  const id = createHash('sha256').update(`${service} ${endpoint.instance}`).digest('hex').slice(0, 16);
  ids.set(state, id);
  return id;
}

const ids = new WeakMap<EndpointState, string>();
