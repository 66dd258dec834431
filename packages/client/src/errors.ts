import type { SpecError } from '@islet/spec';

/** What the control API can answer instead of a result, with the HTTP status. A closed set. */
export const API_ERRORS = {
  'bad-request': 400,
  unauthorised: 401,
  'not-found': 404,
  conflict: 409,
  /** The system's files have mistakes: all of them are in `errors`. */
  'invalid-spec': 422,
  internal: 500,
  unavailable: 503,
} as const;

export type ApiErrorCode = keyof typeof API_ERRORS;

export interface ApiErrorBody {
  readonly error: {
    readonly code: ApiErrorCode;
    readonly message: string;
    readonly hint?: string | undefined;
    readonly errors?: readonly SpecError[] | undefined;
  };
}

export class ApiError extends Error {
  readonly code: ApiErrorCode;
  /** What to do next. */
  readonly hint: string | undefined;
  readonly errors: readonly SpecError[];

  constructor(
    code: ApiErrorCode,
    message: string,
    options: { hint?: string | undefined; errors?: readonly SpecError[] | undefined; cause?: unknown } = {},
  ) {
    super(`${code}: ${message}`, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.hint = options.hint;
    this.errors = options.errors ?? [];
  }

  /** Any thrown value as an `ApiError`; what is not known becomes `internal`, its text kept as the cause only. */
  static from(thrown: unknown): ApiError {
    if (thrown instanceof ApiError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new ApiError('internal', message, { cause: thrown });
  }

  toBody(): ApiErrorBody {
    const message = this.message.slice(this.code.length + 2);
    return {
      error: { code: this.code, message, hint: this.hint, errors: this.errors.length ? this.errors : undefined },
    };
  }
}
