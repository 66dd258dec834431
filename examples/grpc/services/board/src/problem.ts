import { Code, ConnectError } from '@connectrpc/connect';

/** What went wrong, as the visitor is told. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
    this.code = code;
  }

  get body() {
    return { error: this.code, message: this.message };
  }

  /** What a gRPC status means to somebody who asked over HTTP. */
  static from(thrown: unknown): Problem {
    if (thrown instanceof Problem) return thrown;
    const error = ConnectError.from(thrown);
    switch (error.code) {
      case Code.NotFound:
        return new Problem(404, 'not_found', error.rawMessage);
      case Code.InvalidArgument:
        return new Problem(400, 'bad_request', error.rawMessage);
      case Code.Unavailable:
        return new Problem(503, 'no_gauge', 'No gauge has a reading now.', { cause: error });
      case Code.DeadlineExceeded:
        return new Problem(504, 'too_slow', 'The gauges took too long.', { cause: error });
      default:
        return new Problem(502, 'gauge_failed', 'The gauges failed.', { cause: error });
    }
  }
}
