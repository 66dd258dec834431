import type { Rewind } from '@islet/client';
import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { pollUntil } from '../poll.ts';
import { renderDuration } from '../render/duration.ts';
import { openSession } from '../session.ts';
import { settle } from '../settle.ts';

export interface RewindOptions {
  readonly to: string;
  readonly timeout: number;
  readonly json?: true;
  readonly state?: string;
}

/** `islet recover --to` on a system that runs: until it runs again, as it was then or as it was before. */
export async function rewind(
  context: Context,
  folder: string | undefined,
  { to, timeout, json, state }: RewindOptions,
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state }, 'never');
  const { client } = session;
  const { signal, stdout, stderr } = context;
  const begun = await client.rewind({ to }, { signal });
  if (!json) writeLines(stdout, begunLines(begun));
  const result = await pollUntil(context, session, { timeoutMs: timeout, what: 'the way back' }, async () => {
    const { state, text } = await session.client.rewindResult({ id: begun.id }, { signal });
    return state === 'running' ? undefined : { isDone: state === 'done', text };
  });
  if (json) {
    writeJson(stdout, { ...begun, ...result });
    return result.isDone ? EXIT.ok : EXIT.failed;
  }
  if (result.isDone) writeLines(stdout, [result.text, KEPT]);
  else writeLines(stderr, [`! ${result.text}`]);
  const { revision } = await session.client.status({}, { signal });
  const code = await settle(context, session, { revision, timeoutMs: timeout, json: false });
  return result.isDone ? code : EXIT.failed;
}

const KEPT = 'The data of before is kept: islet restore <service> --confirm deletes it, --undo brings it back.';

function begunLines({ services, skewMs }: Rewind): readonly string[] {
  const each = services.map(({ name, at, note }) => {
    if (at === undefined) return `  ${name}: has no data that is backed up`;
    return `  ${name}: as of ${new Date(at).toISOString()}${note === undefined ? '' : `; ${note}`}`;
  });
  return [
    'Everything goes back together, and nothing of it serves before all is there:',
    ...each,
    `Between the oldest and the newest of it lie ${renderDuration(skewMs)}.`,
  ];
}
