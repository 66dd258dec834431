import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { ANSWER_BYTES, type Backend, type Transport, whyOf } from './transport.ts';

/** By `node:http`, because `fetch` trusts the same authorities for everybody. It follows no redirect: a header that names us is for this backend alone. */
export function httpTransport({ url, headers, timeoutMs, ca }: Backend): Transport {
  const base = url.replace(/\/+$/, '');
  const isTls = base.startsWith('https:');
  const agent = isTls ? new TlsAgent({ keepAlive: true, ca }) : new PlainAgent({ keepAlive: true });
  return {
    send: async (signal, { body, isGzip }, gone) => {
      try {
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          const asking = (isTls ? tlsRequest : plainRequest)(`${base}/v1/${signal}`, {
            method: 'POST',
            agent,
            headers: {
              ...headers,
              'content-type': 'application/x-protobuf',
              'content-length': body.length,
              ...(isGzip && { 'content-encoding': 'gzip' }),
            },
            signal: AbortSignal.any([gone, AbortSignal.timeout(timeoutMs)]),
          });
          asking.once('response', resolve).on('error', reject).end(body);
        });
        const answer = await readAnswer(response);
        const retryAfter = response.headers['retry-after'];
        return { kind: 'http', status: response.statusCode ?? 0, retryAfter, body: answer };
      } catch (error) {
        return { kind: 'unreached', why: whyOf(error, timeoutMs) };
      }
    },
    close: () => agent.destroy(),
  };
}

async function readAnswer(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > ANSWER_BYTES) break;
    chunks.push(chunk);
  }
  // We asked in protobuf, so a page in HTML says nothing to us.
  const isOurs = response.headers['content-type']?.startsWith('application/x-protobuf') ?? false;
  return isOurs ? Buffer.concat(chunks) : Buffer.alloc(0);
}
