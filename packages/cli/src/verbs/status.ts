import type { SystemStatus } from '@islet/client';
import { follow } from '@islet/client/remote';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { noSuchService } from '../failures.ts';
import { createLive } from '../render/live.ts';
import { renderChanges, renderService, renderStatus } from '../render/status.ts';
import { openSession, type Session } from '../session.ts';

export interface StatusVerbOptions {
  readonly watch?: true;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: StatusVerbOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, options.watch ? 'never' : 'once');
  if (options.watch) return watch(context, session, service, options);
  const status = only(await session.client.status({}, { signal: context.signal }), service);
  if (options.json) writeJson(context.stdout, status);
  else writeLines(context.stdout, render(context, status, service));
  return EXIT.ok;
}

async function watch(
  context: Context,
  { connection, system }: Session,
  service: string | undefined,
  { json }: StatusVerbOptions,
): Promise<ExitCode> {
  const { stdout, signal } = context;
  const live = stdout.terminal && !json ? createLive(stdout) : undefined;
  let before: SystemStatus | undefined;
  for await (const whole of follow(connection, { stateFolder: system.stateFolder, signal })) {
    const status = only(whole, service);
    if (json) stdout.write(`${JSON.stringify(status)}\n`);
    else if (live) live.draw(render(context, status, service));
    else writeLines(stdout, renderChanges(before, status));
    before = status;
  }
  return EXIT.ok;
}

function only(status: SystemStatus, service: string | undefined): SystemStatus {
  if (service === undefined) return status;
  const services = status.services.filter(({ name }) => name === service);
  if (services.length > 0) return { ...status, services };
  throw noSuchService(
    service,
    status.services.map(({ name }) => name),
  );
}

function render({ stdout }: Context, status: SystemStatus, service: string | undefined): string[] {
  const view = { colours: stdout.colours, columns: stdout.terminal?.columns };
  if (service === undefined) return renderStatus(status, view);
  return status.services.flatMap((one) => renderService(one, { ...view, now: Date.now() }));
}
