import { GRPC_STATUS, httpEquivalent } from '@islet/policy';
import type { Field } from '../http/fields.ts';
import type { RequestHead } from '../http/request-head.ts';
import { grpcStatusIn, type ResponseHead } from '../http/response-head.ts';

/** How a request went, in HTTP's terms, as far as the head tells; undefined: only the trailers will. */
export function statusOf({ status, grpcStatus }: ResponseHead, { fields }: RequestHead): number | undefined {
  if (!fields.grpc || status !== 200) return status;
  return grpcStatus === undefined ? undefined : httpEquivalent(grpcStatus);
}

/** How a gRPC call went, by its trailers. */
export function statusIn(trailers: readonly Field[]): number {
  return httpEquivalent(grpcStatusIn(trailers) ?? GRPC_STATUS.unknown);
}
