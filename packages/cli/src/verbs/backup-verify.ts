import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderBytes } from '../render/bytes.ts';
import { openSession } from '../session.ts';
import { waiting } from '../waiting.ts';

export async function run(
  context: Context,
  service: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const wait = {
    what: `the backups of ${service} to be read`,
    goesOn: 'reading them has ended, and nothing was changed',
  };
  const verdict = await waiting(context, wait, () =>
    session.client.verifyBackups({ service }, { signal: context.signal }),
  );
  const { stdout, stderr } = context;
  const { copies, logPieces, bytes, findings, unfinished } = verdict;
  if (options.json) writeJson(stdout, verdict);
  else {
    writeLines(
      stderr,
      findings.map(({ name, problem }) => `! ${name}: ${problem}`),
    );
    const rest = unfinished.length === 0 ? '' : `; ${unfinished.join(', ')} unfinished, and offered for nothing`;
    const what = `${copies} copies and ${logPieces} pieces of the log, ${renderBytes(bytes)}`;
    writeLines(stdout, [findings.length === 0 ? `All is as it was stored: ${what}${rest}` : `Read ${what}${rest}`]);
  }
  return findings.length === 0 ? EXIT.ok : EXIT.failed;
}
