import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createPrefixer } from '../render/log-line.ts';
import { openSession } from '../session.ts';
import { tail } from '../tail.ts';

export interface LogsOptions {
  readonly follow?: true;
  readonly lines: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: LogsOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, options.follow ? 'never' : 'once');
  const { stdout, stderr, signal } = context;
  const render = options.json ? JSON.stringify : createPrefixer(stdout.colours);
  await tail(session, {
    service,
    lines: options.lines,
    follow: options.follow === true,
    signal,
    print: (line) => stdout.write(`${render(line)}\n`),
    onGap: () => writeLines(stderr, ['The control plane was away and is back; lines of the meantime are missing here']),
  });
  return EXIT.ok;
}
