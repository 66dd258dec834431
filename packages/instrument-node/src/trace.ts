import { context, DiagLogLevel, diag, propagation, trace as traces } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { IORedisInstrumentation } from '@opentelemetry/instrumentation-ioredis';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { PinoInstrumentation } from '@opentelemetry/instrumentation-pino';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { beforeSignal } from './before-signal.ts';
import { requireWhatIsImported } from './esm.ts';
import { markConsole } from './mark-console.ts';
import { type Asking, withoutOwnTrace } from './own-headers.ts';
import { RateSampler } from './rate-sampler.ts';
import { sendLast } from './send-last.ts';
import { tellOnce } from './tell-once.ts';
import { Unsent } from './unsent.ts';

/** What may wait to be sent: what comes beyond that is dropped, and the service never waits. */
const QUEUE = {
  maxQueueSize: 2048,
  maxExportBatchSize: 512,
  scheduledDelayMillis: 500,
  exportTimeoutMillis: 5_000,
} as const;

/** Of one process. One that is recorded costs 0.1 ms of processor time in a service that is warm, and a few times that in one that is not. */
const TRACES_PER_SECOND = 200;

/** Stock OpenTelemetry, put together for a service that knows nothing of it. Where to send and who it is stands in `OTEL_…`. */
export function trace(require: NodeJS.Require): void {
  diag.setLogger(
    {
      error: (message) => tellOnce('some of its traces are lost', message),
      warn: nothing,
      info: nothing,
      debug: nothing,
      verbose: nothing,
    },
    DiagLogLevel.ERROR,
  );
  const unsent = new Unsent();
  const spans = new BatchSpanProcessor({
    exporter: unsent.following(new OTLPTraceExporter({ timeoutMillis: QUEUE.exportTimeoutMillis })),
    ...QUEUE,
  });
  const provider = new TracerProvider({
    resource: detectResources({ detectors: [envDetector] }),
    sampler: new RateSampler(TRACES_PER_SECOND),
    spanProcessors: [unsent, spans],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  traces.setGlobalTracerProvider(provider);
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      // The proxy tells the trace to whatever it passes on; what comes without one is a probe.
      new HttpInstrumentation({ ignoreIncomingRequestHook: ({ headers }) => headers.traceparent === undefined }),
      new UndiciInstrumentation({ requestHook: (_span, request) => withoutOwnTrace(request as Asking) }),
      // A query of a service's own clockwork, every few seconds, would be a trace of its own, and most of all traces.
      new PgInstrumentation({ requireParentSpan: true }),
      new IORedisInstrumentation(),
      new PinoInstrumentation({ disableLogSending: true }),
    ],
  });
  for (const builtin of ['node:http', 'node:https']) require(builtin);
  requireWhatIsImported(['pg', 'pg-pool', 'ioredis', 'pino'], require);
  if (process.env.ISLET_MARK_CONSOLE !== 'off') markConsole();
  process.once('beforeExit', () => void spans.forceFlush().catch(nothing));
  const tellLast = () => {
    try {
      sendLast(unsent.take(), process.env);
    } catch (error) {
      // It would become the service's own end, with another exit code.
      tellOnce('its last traces are lost', error);
    }
  };
  // Also after an error that nobody caught. What ends a process at once, as SIGKILL does, lets nobody say anything.
  process.once('exit', tellLast);
  beforeSignal('SIGTERM', tellLast);
}

function nothing(): void {}
