import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';
import type { UpOptions } from './up.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { revision } = await session.client.rotate({ service }, { signal: context.signal });
  return settle(context, session, { revision, timeoutMs: options.timeout, json: options.json === true, service });
}
