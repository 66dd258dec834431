/**
 * What a driver can fail with. Retryable or terminal is decided here, once: a retryable failure is tried again with
 * back-off, a terminal one is reported and waits for a person or a new revision.
 */
export const DRIVER_FAILURES = {
  unavailable: { retryable: true },
  'no-space': { retryable: true },
  timeout: { retryable: true },
  conflict: { retryable: true },
  'not-found': { retryable: false },
  refused: { retryable: false },
  unsupported: { retryable: false },
  /** What was stored is not what was stored any more. */
  damaged: { retryable: false },
  internal: { retryable: true },
} as const satisfies Record<string, { retryable: boolean }>;

export type DriverFailure = keyof typeof DRIVER_FAILURES;

export class DriverError extends Error {
  readonly code: DriverFailure;
  /** What to do next; undefined where nothing can be said. */
  readonly hint: string | undefined;

  constructor(code: DriverFailure, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(`${code}: ${message}`, { cause: options.cause });
    this.name = 'DriverError';
    this.code = code;
    this.hint = options.hint;
  }

  /** The message alone, for people. */
  get reason(): string {
    return this.message.slice(`${this.code}: `.length);
  }

  /** For people, with what to do next. */
  get advice(): string {
    return this.hint === undefined ? this.reason : `${this.reason} (${this.hint})`;
  }

  get retryable(): boolean {
    return DRIVER_FAILURES[this.code].retryable;
  }

  /** Any thrown value as a `DriverError`. */
  static from(thrown: unknown): DriverError {
    if (thrown instanceof DriverError) return thrown;
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    const system = (error as NodeJS.ErrnoException).code;
    if (system === 'ENOSPC')
      return new DriverError('no-space', error.message, { hint: 'free disk space', cause: thrown });
    if (error.name === 'AbortError' || error.name === 'TimeoutError') {
      return new DriverError('timeout', error.message, { cause: thrown });
    }
    return new DriverError('internal', error.message, { cause: thrown });
  }
}
