/** What the caller is told when a request cannot be answered: an HTTP status, a stable code, and a sentence. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }

  static badRequest(message: string): Problem {
    return new Problem(400, 'bad_request', message);
  }

  /** Anything unforeseen is a 500 whose cause goes to the log and never to the caller. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    const problem = new Problem(500, 'internal', 'Something went wrong on our side.');
    problem.cause = error;
    return problem;
  }

  get body(): { readonly error: string; readonly message: string } {
    return { error: this.code, message: this.message };
  }
}
