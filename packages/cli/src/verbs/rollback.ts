import type { Context } from '../context.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';
import type { UpOptions } from './up.ts';

export async function run(
  context: Context,
  service: string,
  revision: string | undefined,
  folder: string | undefined,
  options: Omit<UpOptions, 'env'>,
): Promise<ExitCode> {
  const [asked, where] = revision === undefined || isRevision(revision) ? [revision, folder] : [undefined, revision];
  await using session = await openSession(context, { folder: where, state: options.state }, 'never');
  const accepted = await session.client.rollback({ service, revision: asked }, { signal: context.signal });
  const timeoutMs = options.timeout;
  return settle(context, session, { revision: accepted.revision, timeoutMs, json: options.json === true, service });
}

/** Of two words that may both be left out, a folder alone is told by not looking like a revision. */
function isRevision(word: string): boolean {
  return /^(dev)?[0-9a-f]+(n[0-9]+)?$/.test(word);
}
