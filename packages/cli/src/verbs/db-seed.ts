import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { runAsService } from '../run-as-service.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly force?: true; readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const answer = await session.client.seed({ service, force: options.force === true }, { signal: context.signal });
  if (answer.kind === 'command')
    return runAsService(context, session, { service, command: ['sh', '-c', answer.command] });
  if (options.json) writeJson(context.stdout, answer);
  else if (answer.kind === 'seeded')
    writeLines(context.stdout, [`Seeded ${service} with ${answer.files.join(', ') || 'nothing: the folder is empty'}`]);
  else writeLines(context.stderr, [answer.reason]);
  return answer.kind === 'seeded' ? EXIT.ok : EXIT.failed;
}
