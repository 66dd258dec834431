import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { runAsService } from '../run-as-service.ts';
import { openSession } from '../session.ts';
import { meansFolder } from '../system.ts';

export async function run(
  context: Context,
  first: string,
  words: readonly string[],
  options: { readonly state?: string },
): Promise<ExitCode> {
  const [service, ...command] = meansFolder(first, context.cwd) ? words : [first, ...words];
  const folder = meansFolder(first, context.cwd) ? first : undefined;
  if (service === undefined) throw new UsageError('missing argument: islet exec <service> -- <command>');
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const own = command[0] === '--' ? command.slice(1) : command;
  return runAsService(context, session, { service, command: own.length > 0 ? own : ['sh'] });
}
