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
  const { askedAt, store: name } = await session.client.backUp({ service }, { signal });
  const wait = { timeoutMs: options.timeout, what: `the backup of ${service}` };
  const store = await pollUntil(context, session, wait, async () => {
    const stores = await session.client.backups({}, { signal });
    const found = stores.find((one) => one.service === name);
    const isDone = (found?.last?.startedAt ?? 0) >= askedAt || (found?.failedAt ?? 0) >= askedAt;
    return isDone ? found : undefined;
  });
  if (options.json) writeJson(stdout, store);
  const { last } = store;
  if (last === undefined || last.startedAt < askedAt) {
    writeLines(stderr, store.problems);
    return EXIT.failed;
  }
  const { id, startedAt, finishedAt, plainBytes, storedBytes } = last;
  const what = `${renderBytes(plainBytes)} in ${renderDuration(finishedAt - startedAt)}, ${renderBytes(storedBytes)} stored`;
  if (!options.json) writeLines(stdout, [`${name} is backed up as ${id}: ${what}`]);
  return EXIT.ok;
}
