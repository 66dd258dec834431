import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { SystemStatus } from '@islet/client';
import { connect } from '@islet/client/remote';
import { ask } from '../ask.ts';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { removeState } from '../remove-state.ts';
import { connectOptions } from '../session.ts';
import { shutDown } from '../shut-down.ts';
import { findSystem, type System } from '../system.ts';

export interface DownOptions {
  readonly purge?: true;
  readonly yes?: true;
  readonly timeout: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(context: Context, folder: string | undefined, options: DownOptions): Promise<ExitCode> {
  const system = findSystem(context, { folder, state: options.state });
  if (!leftSomething(system, options.purge === true)) return tell(context, options, 'Nothing is running');
  // A control plane that died alone may have left services behind: another is started to stop them.
  await using connection = await connect(connectOptions(context, system, 'stay'));
  if (options.purge) await confirm(context, await connection.client.status(), options, system);
  await shutDown(context, system, connection, { purge: options.purge === true, timeoutMs: options.timeout });
  if (!options.purge) return tell(context, options, 'Stopped; data stays');
  if (removeState(system)) return tell(context, options, 'Stopped, and all data deleted');
  return tell(
    context,
    options,
    `Stopped, and databases deleted; \`rm -r ${system.stateFolder}\` deletes secrets and logs`,
  );
}

/** A control plane that ended in order has taken its `control.json` with it. */
function leftSomething({ stateFolder }: System, purge: boolean): boolean {
  return existsSync(join(stateFolder, purge ? 'token' : 'control.json'));
}

async function confirm(
  context: Context,
  status: SystemStatus,
  { yes }: DownOptions,
  { stateFolder }: System,
): Promise<void> {
  if (yes) return;
  const databases = status.services.flatMap(({ name, database }) =>
    database ? [`  ${name}'s database (${database.engine})`] : [],
  );
  writeLines(context.stderr, [
    'This deletes, for good:',
    ...databases,
    `  secrets, revisions, logs and all else in ${stateFolder}`,
  ]);
  const answer = await ask(context, `Type the system's name (${status.system}) to go on: `);
  if (answer === undefined) throw new UsageError('will not delete data without being asked to', 'say --purge --yes');
  if (answer !== status.system) throw new UsageError('nothing was deleted, and nothing stopped');
}

function tell({ stdout }: Context, { json, purge }: DownOptions, text: string): ExitCode {
  if (json) writeJson(stdout, { outcome: 'stopped', purged: purge === true });
  else stdout.write(`${text}\n`);
  return EXIT.ok;
}
