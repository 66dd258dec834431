import { type Context, writeJson, writeLines } from '../context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { renderTable } from '../render/table.ts';
import { openSession } from '../session.ts';
import { waiting } from '../waiting.ts';

export async function run(
  context: Context,
  service: string,
  branch: string,
  folder: string | undefined,
  options: { readonly json?: true; readonly state?: string },
): Promise<ExitCode> {
  await using session = await openSession(context, { folder, state: options.state }, 'never');
  const { client } = session;
  const { stdout, signal } = context;
  const wait = { what: 'the rows to be counted', goesOn: 'nothing was changed' };
  const [live, other] = await waiting(context, wait, () =>
    Promise.all([client.countRows({ service }, { signal }), client.countRows({ service, branch }, { signal })]),
  );
  const tables = [...new Set([...Object.keys(live), ...Object.keys(other)])].sort();
  const rows = tables.map((table) => ({ table, live: live[table], branch: other[table] }));
  if (options.json) writeJson(stdout, rows);
  else {
    const cells = rows.map((row) => [
      row.table,
      String(row.live ?? 'none'),
      String(row.branch ?? 'none'),
      difference(row),
    ]);
    const headers = ['table', service, branch, 'difference'];
    writeLines(
      stdout,
      renderTable({ headers, rows: cells, columns: stdout.terminal?.columns, paintHeader: stdout.colours.dim }),
    );
  }
  return EXIT.ok;
}

function difference({
  live = 0,
  branch = 0,
}: {
  readonly live: number | undefined;
  readonly branch: number | undefined;
}): string {
  const rows = live - branch;
  return rows === 0 ? '' : `${rows > 0 ? '+' : ''}${rows}`;
}
