import { SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';

/** Spans that are remembered; a service that has more under way has other troubles. */
const MOST = 2_048;

/**
 * Spans that nobody has got yet: those that have not ended, and those that wait to be sent. A process that ends tells them in
 * its last moment: they are the ones that say what it was doing. One that was under way to the collector is told once more,
 * because nobody can know whether it arrived.
 */
export class Unsent implements SpanProcessor {
  readonly #open = new Set<Span>();
  readonly #waiting = new Set<ReadableSpan>();

  onStart(span: Span): void {
    if (this.#open.size < MOST && isSampled(span)) this.#open.add(span);
  }

  onEnd(span: ReadableSpan): void {
    this.#open.delete(span as Span);
    if (this.#waiting.size < MOST && isSampled(span)) this.#waiting.add(span);
  }

  /** The exporter, which tells here what it is done with: sent, or given up. */
  following(exporter: SpanExporter): SpanExporter {
    return {
      export: (spans, done) =>
        exporter.export(spans, (result) => {
          for (const span of spans) this.#waiting.delete(span);
          done(result);
        }),
      shutdown: () => exporter.shutdown(),
    };
  }

  /** All of them, each once. What had not ended has failed. */
  take(): readonly ReadableSpan[] {
    for (const span of this.#open) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: 'its process ended' });
      span.end();
    }
    const spans = [...this.#waiting];
    this.#waiting.clear();
    return spans;
  }

  async forceFlush(): Promise<void> {}

  async shutdown(): Promise<void> {}
}

function isSampled(span: ReadableSpan): boolean {
  return (span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0;
}
