import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderTraces } from '../render/traces.ts';
import { openSession } from '../session.ts';

interface Options {
  readonly status?: 'ok' | 'error';
  readonly min?: number;
  readonly max?: number;
  readonly route?: string;
  readonly attribute?: string;
  readonly revision?: string;
  readonly since?: number;
  readonly until?: number;
  readonly lines: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: Options,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { status, min, max, route, attribute, revision, since, until, lines } = options;
  const query = { service, status, route, attribute, revision, minMs: min, maxMs: max, from: since, to: until };
  const found = await session.client.traces({ ...query, limit: lines }, { signal: context.signal });
  const { stdout, stderr } = context;
  if (options.json) writeJson(stdout, found.traces);
  else if (found.traces.length === 0) writeLines(stdout, ['No trace is kept of such a request.']);
  else writeLines(stdout, renderTraces(found.traces, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  for (const { from, to, why } of found.gaps) {
    writeLines(stderr, [
      `nothing is known from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}: ${why}`,
    ]);
  }
  if (!found.looked.complete)
    writeLines(stderr, ['Not all of this time was searched: shorten it by --since or --until']);
  return EXIT.ok;
}
