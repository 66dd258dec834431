import type { RolloutAction } from '@islet/client';
import type { Context } from './context.ts';
import type { ExitCode } from './exit-codes.ts';
import { openSession } from './session.ts';
import { settle } from './settle.ts';
import type { UpOptions } from './verbs/up.ts';

/** Asks for one thing of a service's rollout, and waits for what becomes of it. */
export async function steer(
  context: Context,
  { service, folder, action }: { service: string; folder: string | undefined; action: RolloutAction },
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { revision } = await session.client.steerRollout({ service, action }, { signal: context.signal });
  return settle(context, session, {
    revision,
    timeoutMs: options.timeout,
    json: options.json === true,
    service,
    ...(action === 'abort' ? { isAbort: true } : {}),
  });
}
