import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openSession } from '../session.ts';

export interface PurgeOptions {
  readonly path?: string;
  readonly group?: string;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  { path, group, json, state }: PurgeOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state }, 'never');
  const order = { service, ...(path === undefined ? {} : { path }), ...(group === undefined ? {} : { group }) };
  const { purged } = await session.client.purge(order, { signal: context.signal });
  if (json) writeJson(context.stdout, { purged });
  else writeLines(context.stdout, [`${purged} stored response${purged === 1 ? '' : 's'} of ${service} forgotten`]);
  return EXIT.ok;
}
