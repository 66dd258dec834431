import { randomHex } from '../client/random-hex.ts';
import type { Origin } from '../stats.ts';
import type { LineSink } from './access-log.ts';
import type { ExplainTokens } from './explain-tokens.ts';
import type { Trail } from './trail.ts';
import { WallClock } from './wall-clock.ts';

export interface RecorderOptions {
  /** Undefined: nothing is written. */
  readonly sink: LineSink | undefined;
  /** Undefined: nobody at the gateway may ask. */
  readonly tokens: ExplainTokens | undefined;
}

/** Decides whose trail is written down, and who may see one. */
export class Recorder {
  readonly #sink: LineSink | undefined;
  readonly #tokens: ExplainTokens | undefined;
  readonly #clock = new WallClock();

  constructor({ sink, tokens }: RecorderOptions) {
    this.#sink = sink;
    this.#tokens = tokens;
  }

  /** To be called now and then. */
  sweep(now: number): void {
    this.#clock.follow(now, Date.now());
  }

  /**
   * Whether a caller that sent this field is shown what was decided of its request: the operator, and at the gateway who
   * has a token. A service is not: it would learn how others are doing that it may not call.
   */
  mayAsk(from: Origin, field: string | undefined): boolean {
    if (field === undefined) return false;
    switch (from.kind) {
      case 'operator':
        return true;
      case 'gateway':
        return this.#tokens?.verify(field, Date.now()) ?? false;
      case 'edge':
        return false;
    }
  }

  /** It is over. */
  end(trail: Trail, now: number): void {
    trail.count(now);
    if (this.#sink === undefined) return;
    const { edge, startedAt, asked, log } = trail.start;
    const totalMs = now - startedAt;
    const ended = { asked, failed: trail.hasFailed, decided: trail.isNotable, totalMs };
    const kept = edge.records.take(ended, now, log);
    if (kept === undefined) return;
    this.#sink.write(JSON.stringify(trail.record({ at: this.#clock.at(startedAt), now, kept })));
  }
}

/** The id of a request: its caller's where that is trusted and can be put into a line as it is, else a new one. */
export function requestId(given: string | undefined, { trusted }: { readonly trusted: boolean }): string {
  return trusted && given !== undefined && REQUEST_ID.test(given) ? given : randomHex(8);
}

const REQUEST_ID = /^[\w.:+/=-]{1,128}$/;
