import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';
import type { UpOptions } from './up.ts';

export async function run(
  context: Context,
  service: string,
  count: string,
  folder: string | undefined,
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  if (!/^(\d{1,4}|auto)$/.test(count))
    throw new UsageError(`${count} is not a number of instances, nor "auto"`, `islet scale ${service} 3`);
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const input = { service, instances: count === 'auto' ? ('auto' as const) : Number(count) };
  const { revision } = await session.client.scale(input, { signal: context.signal });
  return settle(context, session, { revision, timeoutMs: options.timeout, json: options.json === true, service });
}
