import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';
import { meansFolder } from '../system.ts';
import type { UpOptions } from './up.ts';

export async function run(
  context: Context,
  service: string,
  revision: string | undefined,
  folder: string | undefined,
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  // Both words may be left out, so that a folder alone stands where the revision would.
  const isFolder = revision !== undefined && folder === undefined && meansFolder(revision, context.cwd);
  const [asked, where] = isFolder ? [undefined, revision] : [revision, folder];
  await using session = await openSession(context, { folder: where, state: options.state }, 'never');
  const accepted = await session.client.rollback({ service, revision: asked }, { signal: context.signal });
  const timeoutMs = options.timeout;
  return settle(context, session, { revision: accepted.revision, timeoutMs, json: options.json === true, service });
}
