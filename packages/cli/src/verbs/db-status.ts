import type { StoreStatus } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderStores } from '../render/stores.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const stores: readonly StoreStatus[] = await session.client.storeStatus({ service }, { signal: context.signal });
  if (options.json) writeJson(context.stdout, stores);
  else writeLines(context.stdout, renderStores(stores, { ...context.stdout.colours, now: Date.now() }));
  return stores.every(({ state }) => state === 'ready') ? EXIT.ok : EXIT.failed;
}
