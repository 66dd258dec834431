import type { StoreBackup } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { pollUntil } from '../poll.ts';
import { renderBytes } from '../render/bytes.ts';
import { renderDuration } from '../render/duration.ts';
import { openSession } from '../session.ts';

export interface WaitOptions {
  readonly timeout: number;
  readonly json?: true;
  readonly state?: string;
}

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: WaitOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { stdout, stderr, signal } = context;
  const { askedAt, stores: asked } = await session.client.backUp({ service }, { signal });
  const wait = { timeoutMs: options.timeout, what: `the backup of ${service}` };
  const stores = await pollUntil(context, session, wait, async () => {
    const all = await session.client.backups({}, { signal });
    const found = all.filter((one) => asked.includes(one.service));
    const isDone = found.every(({ last, failedAt }) => Math.max(last?.startedAt ?? 0, failedAt ?? 0) >= askedAt);
    return found.length === asked.length && isDone ? found : undefined;
  });
  if (options.json) writeJson(stdout, stores.length === 1 ? stores[0] : stores);
  const failed = stores.filter(({ last }) => (last?.startedAt ?? 0) < askedAt);
  writeLines(
    stderr,
    failed.flatMap(({ problems }) => problems),
  );
  if (!options.json) writeLines(stdout, stores.filter((store) => !failed.includes(store)).flatMap(doneLines));
  return failed.length === 0 ? EXIT.ok : EXIT.failed;
}

function doneLines({ service, last }: StoreBackup): readonly string[] {
  if (last === undefined) return [];
  const { id, startedAt, finishedAt, plainBytes, storedBytes, remarks = [] } = last;
  const what = `${renderBytes(plainBytes)} in ${renderDuration(finishedAt - startedAt)}, ${renderBytes(storedBytes)} stored`;
  return [`${service} is backed up as ${id}: ${what}`, ...remarks];
}
