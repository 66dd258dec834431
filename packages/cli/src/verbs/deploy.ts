import { type Context, writeLines } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openStaying, withSpecErrors } from '../session.ts';
import { settle } from '../settle.ts';
import { findSystem } from '../system.ts';
import { toolPath } from '../toolpath.ts';
import type { UpOptions } from './up.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: UpOptions,
): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  await using session = await openStaying(context, system);
  const request = { service, environment: options.env, path: toolPath(context.env.PATH, process.execPath) };
  const accepted = await withSpecErrors(system, session.client.deploy(request, { signal: context.signal }));
  writeLines(
    context.stderr,
    accepted.warnings.map((warning) => `${context.stderr.colours.yellow('warning:')} ${warning}`),
  );
  const { revision } = accepted;
  return settle(context, session, { revision, timeoutMs: options.timeout, json: options.json === true, service });
}
