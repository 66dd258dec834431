import { request } from 'node:http';
import { connect } from 'node:http2';
import type { ProbeRequest } from '@islet/spec/probes';
import type { ProbeSite } from '../../probe/check.ts';

type Site = Pick<ProbeSite, 'host' | 'port' | 'http2'>;

const REQUEST_MS = 15_000;

/** Asks one after the other; what the first answers that is no success, as a sentence. As of a probe, 200 to 399 is success. */
export async function askRequests(
  requests: readonly ProbeRequest[],
  site: Site,
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
function ask(probe: ProbeRequest, site: Site, signal: AbortSignal): Promise<string | undefined> {
  return site.http2 ? askHttp2(probe, site, signal) : askHttp1(probe, site, signal);
}

function askHttp1(
  { method, path, headers }: ProbeRequest,
  { host, port }: Site,
  signal: AbortSignal,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const outgoing = request({ host, port, method, path, headers, signal, agent: false }, (response) => {
      const { statusCode = 0 } = response;
      response.once('error', (error) => resolve(error.message));
      response.once('end', () => resolve(failureOf(statusCode)));
      response.resume();
    });
    outgoing.once('error', (error) => resolve(error.message));
    outgoing.end();
  });
}

async function askHttp2(
  { method, path, headers }: ProbeRequest,
  { host, port }: Site,
  signal: AbortSignal,
): Promise<string | undefined> {
  const session = connect(`http://${host}:${port}`);
  const answer = new Promise<string | undefined>((resolve) => {
    session.once('error', (error) => resolve(error.message));
    session.once('close', () => resolve('the connection ended without an answer'));
    signal.addEventListener('abort', () => resolve('no answer in time'), { once: true });
    const stream = session.request({ ':method': method, ':path': path, ...headers });
    let status = 0;
    stream.once('response', (head) => {
      status = head[':status'] ?? 0;
    });
    stream.once('error', (error) => resolve(error.message));
    stream.once('end', () => resolve(status === 0 ? 'no answer' : failureOf(status)));
    stream.resume();
    stream.end();
  });
  return answer.finally(() => session.destroy());
}

function failureOf(status: number): string | undefined {
  return status >= 200 && status < 400 ? undefined : `status ${status}`;
}
