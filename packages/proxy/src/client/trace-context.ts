import { tryDigit } from '@islet/policy';
import { randomHex } from './random-hex.ts';

/**
 * Where a request stands in its trace (W3C Trace Context, 3.2 and 4.3): in the caller's where that is valid, else in a new
 * one. The proxy is a span of its own in it, and each try another: the instance that is asked is told the try's.
 */
export class Trace {
  readonly id: string;
  /** The caller's span; undefined: the trace begins here. */
  readonly parent: string | undefined;
  readonly tracestate: string | undefined;
  readonly #flags: string;
  /** What its span and those of its tries begin with. */
  readonly #stem: string;
  /** How many tries have begun. */
  tries = 0;

  constructor(traceparent: string | undefined, tracestate: string | undefined) {
    const valid = traceparent !== undefined && isValid(traceparent);
    this.id = valid ? traceparent.slice(3, 35) : randomHex(16);
    this.parent = valid ? traceparent.slice(36, 52) : undefined;
    this.#flags = valid ? traceparent.slice(53, 55) : '01';
    this.tracestate = valid ? tracestate : undefined;
    this.#stem = randomHex(8).slice(1);
  }

  get span(): string {
    return `${this.#stem}0`;
  }

  /** What the instance of the current try is told. */
  get traceparent(): string {
    return `00-${this.id}-${this.#stem}${tryDigit(this.tries)}-${this.#flags}`;
  }
}

function isValid(traceparent: string): boolean {
  const match = TRACEPARENT.exec(traceparent);
  if (match === null) return false;
  const [, version, trace, span, rest] = match;
  if (version === 'ff' || trace === ZERO_TRACE || span === ZERO_SPAN) return false;
  return version !== '00' || rest === undefined;
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/;
const ZERO_TRACE = '0'.repeat(32);
const ZERO_SPAN = '0'.repeat(16);
