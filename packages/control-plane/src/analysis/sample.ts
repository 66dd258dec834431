import { Agent, request } from 'node:http';
import type { RevisionId } from '@islet/plan';
import type { ProbeRequest } from '@islet/spec/probes';
import { REVISION_HEADER } from '../split.ts';
import { MOST_SAMPLES, SAMPLE_CONCURRENCY, SAMPLE_MS, SAMPLES_MS } from './limits.ts';

export interface Sampling {
  readonly operatorSocket: string;
  readonly service: string;
  /** The revision that has too few requests, and the one that it is compared with. */
  readonly revisions: readonly RevisionId[];
  /** What to ask, over and over. */
  readonly probes: readonly ProbeRequest[];
  /** To each of the revisions. */
  readonly requests: number;
}

/**
 * Asks both revisions the same, at the same time, through the proxy: so it counts like every request. What they answer does
 * not matter here; that they answer is what the comparison is about.
 */
export async function sample(sampling: Sampling, signal: AbortSignal): Promise<void> {
  const { revisions, probes } = sampling;
  const requests = Math.min(sampling.requests, MOST_SAMPLES);
  if (probes.length === 0) return;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(SAMPLES_MS)]);
  const agent = new Agent({ keepAlive: true, maxSockets: revisions.length * SAMPLE_CONCURRENCY });
  let next = 0;
  const work = async () => {
    while (next < requests && !deadline.aborted) {
      const probe = probes[next % probes.length];
      next += 1;
      if (probe === undefined) return;
      await Promise.all(revisions.map((revision) => ask({ ...sampling, probe, revision, agent }, deadline)));
    }
  };
  await Promise.all(Array.from({ length: SAMPLE_CONCURRENCY }, work)).finally(() => agent.destroy());
}

interface Asking extends Pick<Sampling, 'operatorSocket' | 'service'> {
  readonly probe: ProbeRequest;
  readonly revision: RevisionId;
  readonly agent: Agent;
}

/** An error is an answer like any other: the proxy has counted it. */
function ask({ operatorSocket, service, probe, revision, agent }: Asking, signal: AbortSignal): Promise<void> {
  const { method, path, headers } = probe;
  return new Promise((resolve) => {
    const outgoing = request({
      socketPath: operatorSocket,
      agent,
      method,
      path,
      headers: { ...headers, host: service, [REVISION_HEADER]: revision },
      signal: AbortSignal.any([signal, AbortSignal.timeout(SAMPLE_MS)]),
    });
    outgoing.once('response', (response) => response.resume().once('close', resolve));
    outgoing.once('error', () => resolve());
    outgoing.end();
  });
}
