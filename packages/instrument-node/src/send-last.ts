import { spawnSync } from 'node:child_process';
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';

/** A process that ends waits for this long at most. */
const LONGEST_MS = 2_000;

const SEND = `
const chunks = [];
process.stdin.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
  const headers = { ...JSON.parse(process.env.HEADERS), 'content-type': 'application/json' };
  fetch(process.env.URL, { method: 'POST', headers, body: Buffer.concat(chunks) }).catch(() => {});
});`;

/** Sends spans from a process that is about to end: it can wait for nothing but another process. */
export function sendLast(spans: readonly ReadableSpan[], env: NodeJS.ProcessEnv): void {
  const body = JsonTraceSerializer.serializeRequest([...spans]);
  const url = tracesUrl(env);
  if (spans.length === 0 || body === undefined || url === undefined) return;
  spawnSync(process.execPath, ['-e', SEND], {
    input: body,
    // Nothing of the service's: it would load this very file.
    env: { URL: url, HEADERS: JSON.stringify(headersIn(env)) },
    stdio: ['pipe', 'ignore', 'ignore'],
    timeout: LONGEST_MS,
    killSignal: 'SIGKILL',
  });
}

/** As OpenTelemetry's exporter has it: one for traces as it is, the common one with the signal's path. */
function tracesUrl(env: NodeJS.ProcessEnv): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: common } = env;
  if (own) return own;
  return common ? `${common.replace(/\/$/, '')}/v1/traces` : undefined;
}

/** `name=value` with commas between, both as in a URL (W3C Baggage). */
function headersIn(env: NodeJS.ProcessEnv): Record<string, string> {
  const pairs = [env.OTEL_EXPORTER_OTLP_HEADERS, env.OTEL_EXPORTER_OTLP_TRACES_HEADERS].flatMap((text) =>
    (text ?? '').split(',').flatMap((pair) => {
      const at = pair.indexOf('=');
      return at < 1 ? [] : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())] as const];
    }),
  );
  return Object.fromEntries(pairs);
}
