import { request } from 'node:http';
import type { ProbeRequest } from '@islet/spec/probes';
import type { ProbeSite } from '../../probe/check.ts';

const REQUEST_MS = 15_000;

/** Asks one after the other; what the first answers that is no success, as a sentence. As of a probe, 200 to 399 is success. */
export async function askRequests(
  requests: readonly ProbeRequest[],
  site: Pick<ProbeSite, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const probe of requests) {
    const answer = await ask(probe, site, AbortSignal.any([signal, AbortSignal.timeout(REQUEST_MS)]));
    signal.throwIfAborted();
    if (answer !== undefined) return `${probe.method} ${probe.path}: ${answer}`;
  }
  return undefined;
}

/** Undefined: it succeeded, to the end of the body. */
function ask(
  { method, path, headers }: ProbeRequest,
  { host, port }: Pick<ProbeSite, 'host' | 'port'>,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, method, path, headers, signal, agent: false }, (response) => {
      const { statusCode = 0 } = response;
      response.once('error', (error) => resolve(error.message));
      response.once('end', () => resolve(statusCode >= 200 && statusCode < 400 ? undefined : `status ${statusCode}`));
      response.resume();
    });
    outgoing.once('error', (error) => resolve(error.message));
    outgoing.end();
  });
}
