import type { ServiceActivity } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createLive } from '../render/live.ts';
import { renderTop } from '../render/top.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { stdout, signal } = context;
  const render = (services: readonly ServiceActivity[]) =>
    renderTop(services, { columns: stdout.terminal?.columns, colours: stdout.colours });
  if (options.json || stdout.terminal === undefined) {
    const services = await session.client.overview({}, { signal });
    if (options.json) writeJson(stdout, services);
    else writeLines(stdout, render(services));
    return EXIT.ok;
  }
  const live = createLive(stdout);
  for await (const update of session.client.live({ kinds: 'overview' }, { signal })) {
    if (update.kind === 'overview') live.draw(render(update.services));
  }
  return EXIT.ok;
}
