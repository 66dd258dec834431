import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderRollout } from '../render/rollout.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const rollout = await session.client.rollout({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, rollout);
  else writeLines(stdout, renderRollout(rollout, { colours: stdout.colours }));
  return EXIT.ok;
}
