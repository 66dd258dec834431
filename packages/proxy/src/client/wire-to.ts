import type { EndpointState } from '../upstream/endpoint.ts';
import { faulty, strikes } from '../upstream/fault.ts';
import { LengthWire } from '../upstream/length-wire.ts';
import { speaksHttp2 } from '../upstream/service.ts';
import type { Wire } from '../upstream/wire.ts';
import type { AttemptsOptions } from './attempts.ts';

/** A way to send this request to an instance. `fresh`: no kept connection is trusted. */
export function wireTo(
  endpoint: EndpointState,
  options: AttemptsOptions,
  { now, fresh }: { readonly now: number; readonly fresh: boolean },
): Wire {
  const { service, idempotent } = options;
  const http2 = speaksHttp2(service, endpoint);
  const wire = endpoint.acquire({ now, http2, once: !idempotent, fresh });
  return underFault(endpoint.http10 && !http2 ? new LengthWire(wire) : wire, endpoint, options, now);
}

function underFault(wire: Wire, { endpoint }: EndpointState, options: AttemptsOptions, now: number): Wire {
  const { service, trail, runtime } = options;
  const { fault } = service;
  if (fault === undefined || !strikes(fault, { instance: endpoint.instance, now, dice: runtime.dice })) return wire;
  trail.decided('drill', `${fault.kind}, as the drill asks`, now);
  return faulty(fault, wire);
}
