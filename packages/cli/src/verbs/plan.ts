import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderPlan } from '../render/plan.ts';
import { openSession, refuseMistakes, withSpecErrors } from '../session.ts';
import { findSystem } from '../system.ts';
import { toolPath } from '../toolpath.ts';

export interface PlanOptions {
  readonly env?: string;
  readonly json?: true;
  readonly state?: string;
}

export async function run(context: Context, folder: string | undefined, options: PlanOptions): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  await refuseMistakes(context, system, options.env);
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const request = { environment: options.env, path: toolPath(context.env.PATH, process.execPath) };
  const preview = await withSpecErrors(session.system, session.client.plan(request, { signal: context.signal }));
  if (options.json) writeJson(context.stdout, preview);
  else writeLines(context.stdout, renderPlan(preview, context.stdout.colours));
  return EXIT.ok;
}
