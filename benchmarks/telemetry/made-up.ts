import { createHash } from 'node:crypto';
import { Identities, Intake, type SpanRow } from '@islet/telemetry/measure';

/** Telemetry as a shop would make it, the same in each run: what compresses well and what does not is as in life. */

const PATHS = ['/api/orders', '/api/catalog/products', '/healthz', '/api/payments/capture'] as const;
export const SERVICES = ['catalog', 'orders', 'payments', 'shipping', 'web'] as const;

/** Hexadecimal that nobody can compress. */
export function idOf(kind: string, number: number, length: number): string {
  return createHash('md5').update(`${kind} ${number}`).digest('hex').slice(0, length);
}

/** One in fifty failed; one in four is of a request, and says of which trace. */
export function logLine(number: number): string {
  const failed = number % 50 === 0;
  const path = PATHS[number % PATHS.length] ?? '';
  const tookMs = ((number * 7919) % 10_007) / 100;
  const trace = number % 4 === 0 ? `,"trace_id":"${idOf('trace', number, 32)}"` : '';
  const fields = `"level":${failed ? 50 : 30},"time":${TIME + number},"pid":7,"hostname":"shop","req":"${idOf('req', number, 12)}"${trace}`;
  return `{${fields},"method":"GET","path":"${path}","status":${failed ? 500 : 200},"ms":${tookMs},"msg":"${failed ? 'request failed: upstream timed out' : 'request done'}"}`;
}

const TIME = Date.UTC(2026, 0, 1);

/** `ExportTraceServiceRequest` in JSON: traces of five spans with eight attributes each. */
export function spanMessage(first: number, count: number, at: number): Buffer {
  const spans = Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const [trace, nth] = [Math.floor(number / 5), number % 5];
    const start = (at + nth) * 1_000_000;
    return {
      traceId: idOf('trace', trace, 32),
      spanId: idOf('span', number, 16),
      ...(nth > 0 && { parentSpanId: idOf('span', number - 1, 16) }),
      name: `GET ${PATHS[trace % PATHS.length]}`,
      kind: 2,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start + ((number * 7919) % 90) * 100_000),
      attributes: [
        attribute('http.request.method', 'GET'),
        attribute('http.route', PATHS[trace % PATHS.length] ?? ''),
        attribute('url.path', `/api/orders/${trace}`),
        attribute('server.address', '127.0.0.1'),
        attribute('network.protocol.version', '1.1'),
        attribute('user_agent.original', 'shop/1.0'),
        { key: 'http.response.status_code', value: { intValue: 200 } },
        { key: 'server.port', value: { intValue: 4000 } },
      ],
      status: {},
    };
  });
  return Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
}

function attribute(key: string, stringValue: string) {
  return { key, value: { stringValue } };
}

/** The same as the store has them. */
export function spanRows(count: number, at: number): SpanRow[] {
  const rows: SpanRow[] = [];
  const identities = new Identities(Buffer.alloc(32));
  const none = () => undefined;
  const sink = { logs: none, metrics: none, spans: (_: unknown, some: readonly SpanRow[]) => void rows.push(...some) };
  const intake = new Intake({ identities, now: () => at, sink });
  const authorization = `Bearer ${identities.tokenOf({ service: 'orders', instance: 'orders-a.0-0', revision: 'a' })}`;
  intake.take({ signal: 'traces', encoding: 'json', isGzip: false, body: spanMessage(0, count, at), authorization });
  return rows;
}
