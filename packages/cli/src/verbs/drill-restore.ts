import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { pollUntil } from '../poll.ts';
import { renderDuration } from '../render/duration.ts';
import { openSession } from '../session.ts';
import type { WaitOptions } from './backup-now.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: WaitOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { stdout, stderr, signal } = context;
  const { askedAt } = await session.client.drill({ service }, { signal });
  const wait = { timeoutMs: options.timeout, what: `the drill of ${service}` };
  const drill = await pollUntil(context, session, wait, async () => {
    const { last } = await session.client.drillResult({ service }, { signal });
    return (last?.startedAt ?? 0) >= askedAt ? last : undefined;
  });
  const { copy, rtoMs = 0, rpoMs = 0, smoke, problems } = drill;
  const times = `back after ${renderDuration(rtoMs)}, with all but the last ${renderDuration(rpoMs)}`;
  if (options.json) writeJson(stdout, drill);
  else if (problems.length === 0)
    writeLines(stdout, [
      `The backup ${copy} of ${service} comes back: ${times}${smoke === undefined ? '' : `; ${smoke}`}`,
    ]);
  writeLines(
    stderr,
    problems.map((problem) => `! ${problem}`),
  );
  return problems.length === 0 ? EXIT.ok : EXIT.failed;
}
