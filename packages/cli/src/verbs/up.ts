import { type Context, writeLines } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openStaying, refuseMistakes, withSpecErrors } from '../session.ts';
import { settle } from '../settle.ts';
import { findSystem } from '../system.ts';
import { toolPath } from '../toolpath.ts';

export interface UpOptions {
  readonly env?: string;
  readonly timeout: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(context: Context, folder: string | undefined, options: UpOptions): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  await refuseMistakes(context, system, options.env);
  await using session = await openStaying(context, system);
  const request = { environment: options.env, path: toolPath(context.env.PATH, process.execPath) };
  const accepted = await withSpecErrors(system, session.client.apply(request, { signal: context.signal }));
  writeLines(
    context.stderr,
    accepted.warnings.map((warning) => `${context.stderr.colours.yellow('warning:')} ${warning}`),
  );
  return settle(context, session, {
    revision: accepted.revision,
    timeoutMs: options.timeout,
    json: options.json === true,
  });
}
