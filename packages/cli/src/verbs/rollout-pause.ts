import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const accepted = await session.client.steerRollout({ service, action: 'pause' }, { signal: context.signal });
  if (options.json) writeJson(context.stdout, accepted);
  else
    writeLines(context.stdout, [
      `The rollout of ${service} is paused; \`islet rollout resume ${service}\` goes on with it`,
    ]);
  return EXIT.ok;
}
