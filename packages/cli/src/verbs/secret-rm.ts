import { type Context, writeJson } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { openSession } from '../session.ts';
import type { SecretOptions } from './secret-set.ts';

export async function run(
  context: Context,
  name: string,
  folder: string | undefined,
  options: SecretOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const answer = await session.client.removeSecret({ name }, { signal: context.signal });
  if (!answer.removed) throw new UsageError(`no secret is called ${name}`, '`islet secret list` names them');
  if (options.json) writeJson(context.stdout, answer);
  else context.stdout.write(`${name} is removed\n`);
  return EXIT.ok;
}
