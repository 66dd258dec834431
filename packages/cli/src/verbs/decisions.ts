import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderTable } from '../render/table.ts';
import { openSession } from '../session.ts';

export async function run(
  context: Context,
  service: string | undefined,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'once');
  const decisions = await session.client.decisions({ service }, { signal: context.signal });
  const { stdout } = context;
  if (options.json) writeJson(stdout, decisions);
  else
    writeLines(
      stdout,
      renderTable({
        headers: ['at', 'service', 'decision', 'why'],
        rows: decisions.map(({ at, service: of, kind, text }) => [new Date(at).toISOString(), of ?? '', kind, text]),
        columns: stdout.terminal?.columns,
        paintHeader: stdout.colours.dim,
      }),
    );
  return EXIT.ok;
}
