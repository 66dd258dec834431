import { ApiError, type ApiErrorCode } from '@islet/client/errors';
import type { SpecError } from '@islet/spec';
import { type Context, writeLines } from './context.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** The person asked for something that can't be meant: says what, and what to type instead. */
export class UsageError extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UsageError';
    this.hint = hint;
  }
}

export function noSuchService(service: string, names: readonly string[]): UsageError {
  const hint = names.length > 0 ? `there are ${names.join(', ')}` : 'nothing was asked for yet: islet up';
  return new UsageError(`no service is called ${service}`, hint);
}

/** The system's files have mistakes. */
export class InvalidSpec extends Error {
  readonly folder: string;
  readonly errors: readonly SpecError[];

  constructor(folder: string, errors: readonly SpecError[]) {
    super(`${errors.length} mistakes in ${folder}`);
    this.name = 'InvalidSpec';
    this.folder = folder;
    this.errors = errors;
  }
}

const EXIT_OF: Readonly<Record<ApiErrorCode, ExitCode>> = {
  'bad-request': EXIT.usage,
  'not-found': EXIT.usage,
  'invalid-spec': EXIT.usage,
  unauthorised: EXIT.unreachable,
  unavailable: EXIT.unreachable,
  conflict: EXIT.failed,
  internal: EXIT.failed,
};

/** Tells the person what went wrong, and the calling script by the exit code. */
export async function report(error: unknown, context: Context): Promise<ExitCode> {
  if (context.signal.aborted || isAbort(error)) return EXIT.interrupted;
  if (error instanceof UsageError) return say(context, error.message, error.hint, EXIT.usage);
  if (error instanceof InvalidSpec) return saySpecErrors(context, error);
  if (error instanceof ApiError) return say(context, withoutCode(error), error.hint, EXIT_OF[error.code]);
  const known = error instanceof Error && 'code' in error;
  const text = error instanceof Error ? (known ? error.message : (error.stack ?? error.message)) : String(error);
  return say(context, text, undefined, EXIT.failed);
}

/** A 422 names its errors; only the caller knows the folder that their places are relative to. */
export function asInvalidSpec(error: unknown, folder: string): unknown {
  if (error instanceof ApiError && error.errors.length > 0) return new InvalidSpec(folder, error.errors);
  return error;
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function say({ stderr }: Context, message: string, hint: string | undefined, code: ExitCode): ExitCode {
  const { red, dim } = stderr.colours;
  writeLines(stderr, [`${red('error:')} ${message}`, ...(hint ? [dim(`hint:  ${hint}`)] : [])]);
  return code;
}

async function saySpecErrors(context: Context, { folder, errors }: InvalidSpec): Promise<ExitCode> {
  const { renderSpecErrors } = await import('./render/spec-errors.ts');
  context.stderr.write(renderSpecErrors(errors, folder, context.stderr.colours));
  return EXIT.usage;
}

function withoutCode(error: ApiError): string {
  return error.message.slice(error.code.length + 2);
}
