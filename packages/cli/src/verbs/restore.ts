import type { Branch } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { UsageError } from '../failures.ts';
import { pollUntil } from '../poll.ts';
import { openSession, type Session } from '../session.ts';
import { settle } from '../settle.ts';
import type { WaitOptions } from './backup-now.ts';

export interface RestoreOptions extends WaitOptions {
  readonly to?: string;
  readonly as?: string;
  readonly confirm?: true;
  readonly undo?: true;
  readonly drop?: string;
}

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: RestoreOptions,
): Promise<ExitCode> {
  const act = actOf(options);
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { client } = session;
  const { signal } = context;
  switch (act.kind) {
    case 'in-place': {
      const { id } = await client.restore({ service, to: act.to }, { signal });
      return follow(context, session, { service, id, options });
    }
    case 'branch': {
      await client.makeBranch({ service, to: act.to, name: act.name }, { signal });
      return followBranch(context, session, { name: act.name, options });
    }
    case 'undo': {
      const { id } = await client.endRestore({ service, undo: true }, { signal });
      return follow(context, session, { service, id, options });
    }
    case 'confirm':
      await client.endRestore({ service, undo: false }, { signal });
      return tell(context, options, `The data of ${service} from before its restore is deleted`);
    case 'drop':
      await client.dropBranch({ branch: act.name }, { signal });
      return tell(context, options, `Branch ${act.name} is deleted`);
  }
}

type Act =
  | { readonly kind: 'in-place'; readonly to: string }
  | { readonly kind: 'branch'; readonly to: string; readonly name: string }
  | { readonly kind: 'confirm' | 'undo' }
  | { readonly kind: 'drop'; readonly name: string };

function actOf({ to, as, confirm, undo, drop }: RestoreOptions): Act {
  const asked = [to ?? as, confirm, undo, drop].filter((one) => one !== undefined);
  if (asked.length !== 1) throw new UsageError('say one of --to, --confirm, --undo and --drop');
  if (confirm) return { kind: 'confirm' };
  if (undo) return { kind: 'undo' };
  if (drop !== undefined) return { kind: 'drop', name: drop };
  if (as !== undefined) return { kind: 'branch', to: to ?? 'latest', name: as };
  return { kind: 'in-place', to: to ?? 'latest' };
}

interface Following {
  readonly service: string;
  readonly id: string;
  readonly options: RestoreOptions;
}

/** Until the service runs again, with the one data or the other. */
async function follow(context: Context, session: Session, { service, id, options }: Following): Promise<ExitCode> {
  const { signal, stdout, stderr } = context;
  const wait = { timeoutMs: options.timeout, what: `the restore of ${service}` };
  const { state, text } = await pollUntil(context, session, wait, async () => {
    const result = await session.client.restoreResult({ service, id }, { signal });
    return result.state === 'restoring' ? undefined : result;
  });
  const isDone = state === 'restored';
  if (!options.json)
    writeLines(isDone ? stdout : stderr, [
      isDone ? `${service}: ${text}` : `! the restore of ${service} failed, and its data is as before: ${text}`,
    ]);
  const { revision } = await session.client.status({}, { signal });
  const code = await settle(context, session, {
    revision,
    timeoutMs: options.timeout,
    json: options.json === true,
    service,
  });
  return isDone ? code : EXIT.failed;
}

async function followBranch(
  context: Context,
  session: Session,
  { name, options }: { readonly name: string; readonly options: RestoreOptions },
): Promise<ExitCode> {
  const { signal, stdout, stderr } = context;
  const wait = { timeoutMs: options.timeout, what: `the branch ${name}` };
  const branch = await pollUntil<Branch>(context, session, wait, async () => {
    const branches = await session.client.branches({}, { signal });
    return branches.find((one) => one.name === name && one.state !== 'restoring');
  });
  if (options.json) writeJson(stdout, branch);
  const isReady = branch.state === 'ready';
  const why = branch.why === undefined ? '' : ` (${branch.why})`;
  if (!options.json && isReady)
    writeLines(stdout, [
      `${name} is the data of ${branch.service} ${branch.asOf}${why}`,
      ...[branch.url, branch.files].filter((place) => place !== undefined),
    ]);
  if (!isReady) writeLines(stderr, [`! branch ${name} failed: ${branch.why ?? ''}`]);
  return isReady ? EXIT.ok : EXIT.failed;
}

function tell(context: Context, { json }: RestoreOptions, text: string): ExitCode {
  if (json) writeJson(context.stdout, { done: text });
  else writeLines(context.stdout, [text]);
  return EXIT.ok;
}
