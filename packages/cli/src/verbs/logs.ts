import { ApiError, reconnect } from '@islet/client/remote';
import type { LogLine } from '@islet/client';
import type { z } from 'zod';
import { type Context, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createPrefixer } from '../render/log-line.ts';
import { openSession } from '../session.ts';

export interface LogsOptions {
  readonly follow?: true;
  readonly lines: number;
  readonly json?: true;
  readonly state?: string;
}

/** How long a followed control plane may be away. */
const AWAY_TIMEOUT_MS = 30_000;

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: LogsOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, options.follow ? 'never' : 'once');
  const { stdout, signal } = context;
  const print = options.json ? jsonLine : createPrefixer(stdout.colours);
  let { client } = session;
  let lines = options.lines;
  while (true) {
    try {
      const query = { service, lines: String(lines), follow: options.follow && 'true' };
      for await (const line of client.logs(query, { signal })) stdout.write(`${print(line)}\n`);
      if (!options.follow) return EXIT.ok;
    } catch (error) {
      if (!options.follow || !(error instanceof ApiError && error.code === 'unavailable')) throw error;
    }
    signal.throwIfAborted();
    // What was printed before must not be printed again; what is written while nobody answers is in the log files.
    lines = 0;
    ({ client } = await reconnect(session.system.stateFolder, signal, AWAY_TIMEOUT_MS));
    writeLines(context.stderr, ['The control plane went away and is back; lines of the meantime may be missing here']);
  }
}

function jsonLine(line: z.infer<typeof LogLine>): string {
  return JSON.stringify(line);
}
