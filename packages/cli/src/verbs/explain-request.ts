import type { ExplainedRequest } from '@islet/client';
import { ApiError } from '@islet/client/remote';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderExplanation } from '../render/explanation.ts';
import { openSession, type Session } from '../session.ts';

export async function run(
  context: Context,
  id: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const records = await recordsOf(id, session, context.signal);
  const { stdout } = context;
  if (options.json) writeJson(stdout, records);
  else writeLines(stdout, renderExplanation(records, { columns: stdout.terminal?.columns, colours: stdout.colours }));
  return EXIT.ok;
}

const TRACE = /^[0-9a-f]{32}$/i;

/** An id of 32 digits is that of a trace, unless a request has it: its client may have chosen it. */
async function recordsOf(id: string, { client }: Session, signal: AbortSignal): Promise<readonly ExplainedRequest[]> {
  if (!TRACE.test(id)) return client.explain({ id }, { signal });
  const { requests } = await client.trace({ trace: id.toLowerCase() }, { signal }).catch((error: unknown) => {
    if (error instanceof ApiError && (error.code === 'not-found' || error.code === 'unavailable'))
      return { requests: [] };
    throw error;
  });
  return requests.length > 0 ? requests : client.explain({ id }, { signal });
}
