import { ApiError, type ExplainedRequest } from '@islet/client';
import type { RequestRecord } from '@islet/policy';
import { ruleOrigin } from '../rule-lines.ts';
import type { AppliedStore } from '../store/applied.ts';
import type { System } from '../system.ts';

/** The records of a request id, the oldest first, each decision with the line that held when it was made. */
export async function explainRequest(id: string, { parts }: System): Promise<ExplainedRequest[]> {
  const { applied } = parts.state;
  const records = await parts.requests(id);
  if (records.length === 0) {
    throw new ApiError('not-found', `there is no record of the request ${id}`, {
      hint: 'errors, slow requests and decisions are kept, and samples of the rest (traffic.accessLog); old ones go',
    });
  }
  return records.map((record) => explained(record, applied));
}

/** A record, each of its decisions with the line that held when it was made. */
export function explained(
  { v: _version, tries, decisions, ...record }: RequestRecord,
  applied: Pick<AppliedStore, 'at'>,
): ExplainedRequest {
  return {
    ...record,
    tries: [...tries],
    decisions: decisions.map(({ path, ...decision }) => ({
      ...decision,
      from: ruleOrigin(path ?? decision.rule, record.service, applied.at(record.at)),
    })),
  };
}
