import { ApiError, type ExplainedRequest } from '@islet/client';
import type { RequestRecord } from '@islet/policy';
import type { System } from '../system.ts';

/** The records of a request id, the oldest first. */
export async function explainRequest(id: string, { parts }: System): Promise<ExplainedRequest[]> {
  const records = await parts.requests(id);
  if (records.length === 0) {
    throw new ApiError('not-found', `there is no record of the request ${id}`, {
      hint: 'errors, slow requests and decisions are kept, and samples of the rest (traffic.accessLog); old ones go',
    });
  }
  return records.map(explained);
}

/** A record as it is told: each decision by its name in the file. */
export function explained({ v: _version, tries, decisions, ...record }: RequestRecord): ExplainedRequest {
  return {
    ...record,
    tries: [...tries],
    decisions: decisions.map(({ rule, path = rule, from = 'not known any more', ...decision }) => ({
      ...decision,
      rule: path,
      from,
    })),
  };
}
